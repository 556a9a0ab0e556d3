package crowd

import "strings"

var (
	givenNames = strings.Fields(`Ada Ahmed Aiko Alma Amara Ana Andrés Anna Anton Aoife Arjun Aya Ben Bo Carla Chen Chloé Clara
		Daan Dalia David Diego Ella Elif Emil Emma Eva Fatima Felix Femi Finn Freya Greta Hana Hugo Ida Ines Isla Ivan Jakub
		Jamal Jan João Jonas Josefa José Julia Kai Karim Kofi Lara Lea Leo Li Lina Linh Liam Luca Lucía Luis Maja Malik Mara
		Maria Marta Mateo Max Mei Mia Mila Miguel Milan Mina Nadia Nils Nina Noah Noor Nora Olga Oliver Omar Oscar Paula Pia
		Priya Rafael Rosa Ruth Sam Samantha Samira Sara Sofía Soren Stella Tariq Theo Thomas Tim Tomás Uma Vera Victor Wei Yara
		Yusuf Zara Zoë`)
	familyNames = strings.Fields(`Adeyemi Ahmadi Almeida Andersen Baker Becker Bianchi Brown Castro Chen Clark Costa Cruz Dahl Diaz
		Dubois Eriksen Evans Ferrari Fischer Flores Garcia Gómez Green Haas Hansen Hernández Hoang Huang Ibrahim Ivanov Jackson
		Jansen Johansson Jones Kaya Keller Khan Kim Kowalski Kumar Larsen Lee Lewis Li López Martin Martínez Meyer Miller Moreau
		Müller Nakamura Nguyen Novak Núñez Okafor Okoye Oliveira Olsen Öztürk Park Patel Pérez Petrov Popov Ramírez Rossi Ruiz
		Santos Sato Schmidt Schneider Silva Singh Smith Sokolov Suzuki Takahashi Tanaka Taylor Thomas Torres Tran Vargas Vega
		Virtanen Wagner Walker Wang Weber White Williams Wilson Wolf Wright Yamamoto Yang Yilmaz Young Zhang Zimmermann`)
)

// Name is one of some ten thousand names: the same number has the same.
func Name(i int) (given, family string) {
	return givenNames[i%len(givenNames)], familyNames[i/len(givenNames)%len(familyNames)]
}
