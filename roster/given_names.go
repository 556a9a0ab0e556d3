package roster

import "strings"

// usualGivenNames tell a column of given names from one of family names where
// nothing else does. Folded; the most frequent of the countries whose words
// [readTitle] knows. A list needs a few hits, not every child.
var usualGivenNames = func() map[string]bool {
	all := make(map[string]bool)
	for name := range strings.FieldsSeq(`
adam adrian aisha alba alberto alejandro alessandro alex alexander alexandra alfie alice alina alvaro amelia amelie amina amy ana anas andrea andreas andres anna anne anneke anton antonio arda aria arjun arthur
ava aya bas beatriz ben benjamin bianca bram camila camille carla carlos carlota carmen catarina cecilia celia charlie charlotte chiara chloe clara claudia clement connor cora dani daniel daniela dario david diego
diogo dylan eden eduardo ela elena eleonora elias elif elisa eliza ella ellie eloise elsa emil emilia emilie emily emma enzo eric erik esther eva evelyn fabian farah fatima federico felipe felix femke fernando
filip finn fiona florian francesca francesco francisco franziska freya gabriel gabriela george gianna giorgia giulia gonzalo grace greta guillaume gustav hana hanna hannah hans harper harry hassan heidi helena henri henry
hugo ian ibrahim ida ignacio ines inge irene iris isaac isabel isabella isla ivan ivy jack jacob jade jakob jakub jamal james jan jana jannik jasmin jasper javier jean jessica jimena joana joao jonas jonathan jordan jorge jose
joseph joshua juan jules julia julian juliette julie jun kacper karim karl katharina khalid kim kirsten klara konrad kristina laia lara lars laura lea lena leo leon leonie liam lian liesbeth lieke lilly lily lina linus lisa
lola lorenzo lotte louis louise luca lucas lucia lucie ludovica luis luisa luka lukas luna maja malik manon manuel manuela marc marco marcos margot maria mariam mariana marie mario mark marlene marta martin martina martim
mateo mateusz mathilde mathis matilde matteo matthias max maxim maxime maya megan mehmet mia michael michal miguel mila milan milo mina miriam mohamed mohammed moritz muhammad nadia naomi natalia nathan nele nicolas nico niklas
nina noa noah noor nora nour nuno oliver oliwia olivia omar oscar pablo paolo pau paul paula pauline pedro peter petra philipp pia piotr priya quentin rachel rafael raphael raul rebecca reza ricardo robert robin romane
rosa ruby ruth ryan sam samira samuel sandra santiago sara sarah sebastian selin sergio simon sofia sofie sophia sophie stefan sven tariq teresa tessa theo theodor thijs thomas tiago tim timo tobias tom tomas tomasz uma
valentina valeria vera victor victoria viktor vincent wanda wiktoria willem william xavier yara yasmin youssef yusuf zara zeynep zoe zofia zuzanna`) {
		all[name] = true
	}
	return all
}()

// usualGiven reports whether the first word of a name is a usual given name.
func usualGiven(name string) bool {
	first, _, _ := strings.Cut(lowered(name), " ")
	return usualGivenNames[first]
}
