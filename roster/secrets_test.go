package roster_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// Passwords that other programs write into their lists are shown to nobody and
// kept nowhere, and the list says so.
func TestPasswordsOfAListAreLeftOut(t *testing.T) {
	for _, title := range []string{
		"Password", "password", "Initial password", "Password [Required]", "Passwort", "Erstkennwort", "Contraseña", "Clave",
		"Mot de passe", "mdp", "Wachtwoord", "Hasło", "Senha",
	} {
		t.Run(title, func(t *testing.T) {
			file := roster.Pasted("First name,Last name," + title + ",Class\nSam,Lee,hunter2,7b\nAmara,Okafor,s3cret,7b\n")
			reading, sample, err := roster.Recognise(file)
			if err != nil {
				t.Fatal(err)
			}
			heard := &heard{}
			if _, err := roster.Read(file, reading, heard); err != nil {
				t.Fatal(err)
			}
			if len(heard.People) != 2 || heard.People[0].GivenName != "Sam" || !slices.Equal(heard.People[0].Cells, []string{"Sam", "Lee", "", "7b"}) ||
				!slices.Equal(heard.People[1].Cells, []string{"Amara", "Okafor", "", "7b"}) {
				t.Errorf("people: %+v", heard.People)
			}
			for _, row := range sample.Rows {
				if strings.Contains(strings.Join(row, " "), "hunter2") {
					t.Errorf("the sample shows a password: %q", row)
				}
			}
			if !slices.ContainsFunc(sample.Warnings, func(m identity.Message) bool { return m.ID == "list.passwords" }) {
				t.Errorf("warnings: %v", sample.Warnings)
			}
		})
	}
}

// A text in a code page of Windows is read in the one whose letters its names
// have.
func TestCodePagesAreToldApart(t *testing.T) {
	for _, test := range []struct {
		name, list string
		written    *charmap.Charmap
		want       roster.Encoding
	}{
		{"Polish", "Imię;Nazwisko\nŁukasz;Świątek\nPaweł;Żółkiewski\nZuzanna;Dąbrowska\n", charmap.Windows1250, roster.Windows1250},
		{"Polish, one letter", "Imie;Nazwisko\nPawel;Kowalski\nAnna;Michałowska\n", charmap.Windows1250, roster.Windows1250},
		{"Polish of Unix", "Imię;Nazwisko\nŁukasz;Świątek\nZuzanna;Dąbrowska\n", charmap.ISO8859_2, roster.ISO88592},
		{"Czech", "Jméno;Příjmení\nTomáš;Dvořák\nEliška;Němcová\n", charmap.Windows1250, roster.Windows1250},
		{"Slovak", "Meno;Priezvisko\nĽubica;Kováčová\nJán;Šťastný\n", charmap.Windows1250, roster.Windows1250},
		{"German", "Vorname;Nachname\nJörg;Bäcker\nKäthe;Weiß\n", charmap.Windows1252, roster.Windows1252},
		{"French", "Prénom;Nom\nChloé;Lefèvre\nGaël;D'Août\nŒdipe;Ça\n", charmap.Windows1252, roster.Windows1252},
		{"Spanish", "Nombre;Apellidos;Clase\nMaría José;Núñez Ibáñez;2º ESO\n¿Ana?;Peña;1ª\n", charmap.Windows1252, roster.Windows1252},
		{"Danish", "Fornavn;Efternavn\nSøren;Åkjær\nØyvind;Bjørnø\n", charmap.Windows1252, roster.Windows1252},
		{"Italian", "Nome;Cognome\nNiccolò;Forlì\nLucà;Pì\n", charmap.Windows1252, roster.Windows1252},
		{"Portuguese", "Nome;Apelido\nInês;Gonçalves\nJoão;Conceição\n", charmap.Windows1252, roster.Windows1252},
		{"a price, and square metres", "Vorname;Nachname;Gebühr;Raum\nJörg;Bäcker;£5;20 m²\nAnna;Groß;¥3;8 m³\n", charmap.Windows1252, roster.Windows1252},
	} {
		t.Run(test.name, func(t *testing.T) {
			written, err := test.written.NewEncoder().String(test.list)
			if err != nil {
				t.Fatal(err)
			}
			reading, _, err := roster.Recognise(roster.Pasted(written))
			if err != nil {
				t.Fatal(err)
			}
			heard := &heard{}
			if _, err := roster.Read(roster.Pasted(written), reading, heard); err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, p := range heard.People {
				names = append(names, p.GivenName+";"+p.FamilyName)
			}
			lines := strings.Split(strings.TrimSpace(test.list), "\n")[1:]
			for n := range lines {
				lines[n] = strings.Join(strings.Split(lines[n], ";")[:2], ";")
			}
			if reading.Encoding != test.want || test.name != "Spanish" && !slices.Equal(names, lines) {
				t.Errorf("%s: %q, want %q", reading.Encoding, names, lines)
			}
		})
	}
}
