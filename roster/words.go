package roster

import (
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// title is what the title of a column says.
type title struct {
	means Meaning
	// name is set for words that are a full name, a given or a family name,
	// depending on the columns beside them: "Name", "Nom", "Nombre".
	name bool
	// known is set for words that column titles are, even if nothing is made of
	// the column: "Date of birth".
	known bool
	// weight orders columns of the same meaning: the highest is taken.
	weight int
}

// phrases are whole titles, folded. A comma parts them.
var phrases = map[Meaning]string{
	MeansGivenName: "given name,given names,first name,first names,forename,forenames,legal first name,student first name,pupil forename,chosen forename," +
		"vorname,vornamen,rufname,prenom,prenoms,prenom 1,nombre de pila,voornaam,voornamen,roepnaam,imie,imiona,nome proprio,nomes proprios," +
		"fname,fore name,firstname,givenname,name first,jmeno,krestni jmeno,meno,krstne meno,fornavn,fornamn,keresztnev,utonev",
	MeansFamilyName: "family name,last name,surname,surnames,legal surname,legal last name,chosen surname,nachname,familienname,zuname,nom de famille," +
		"nom d usage,nom usage,nom de naissance,apellido,apellidos,primer apellido,segundo apellido,apellido 1,apellido 2,1er apellido,2o apellido,apellido paterno," +
		"apellido materno,achternaam,cognome,apelido,apelidos,sobrenome,sobrenomes,ultimo nome,nazwisko,lname,long name,lastname,familyname,primer cognom,name last,prijmeni,priezvisko,efternavn,etternavn,efternamn,vezeteknev,csaladnev",
	MeansFamilyPrefix: "tussenvoegsel,tussenvoegsels,voorvoegsel,namenszusatz,vorsatzwort",
	MeansFullName: "full name,name in full,student,students,pupil,pupils,learner,display name,first name last name,first last,schuler,schueler," +
		"schulerin,schuler in,vor und nachname,vorname nachname,vorname name,eleve,eleves,prenom nom,prenom et nom,alumno,alumna,alumnado,alumnos," +
		"alumno a,estudiante,estudiantes,nombre completo,nombre y apellidos,nombre apellidos,naam leerling,leerling,leerlingen,volledige naam,alunno,studente," +
		"nome completo,nome e cognome,nome cognome,aluno,aluna,alunos,nome do aluno,imie i nazwisko,uczen,uczniowie,name of student,student name," +
		"pupil name,preferred name,learner name,name des schulers,name der schulerin,nombre del alumno,nombre del estudiante",
	MeansFamilyFirst: "last first,last name first name,last name first,surname forename,surname first name,family name given name,nachname vorname,name vorname," +
		"familienname vorname,nom prenom,nom et prenom,noms prenoms,nom prenom de l eleve,nom et prenom de l eleve,apellidos nombre,apellidos y nombre,apellidos y nombres," +
		"alumno apellidos y nombre,achternaam voornaam,cognome nome,cognome e nome,apelido nome,nazwisko i imie,nazwisko imie,sortable name,list name," +
		"legal name last first",
	MeansAddress: "email,e mail,mail,email address,e mail address,mail address,student email,student e mail,pupil email,school email,school e mail,emailadresse,e mail adresse,mailadresse," +
		"schul e mail,schulmail,schul email,dienstliche e mail,adresse e mail,adresse mail,adresse electronique,courriel,mel,correo,correo electronico,correo e,email alumno," +
		"correo del alumno,correo corporativo,cuenta de correo,e mailadres,emailadres,indirizzo email,posta elettronica,correio eletronico,endereco de e mail,e mail do aluno," +
		"adres e mail,adres email,poczta,student mail,work email,google account,microsoft account",
	MeansUserName: "username,user name,user,login,login name,user id,userid,network login,benutzername,benutzer,anmeldename,kennung,kontoname,logindaten,identifiant,identifiant ent,nom d utilisateur," +
		"usuario,nombre de usuario,cuenta,gebruikersnaam,inlognaam,nome utente,utilizador,nome de utilizador,usuario google,nazwa uzytkownika,login ucznia,sam account name",
	MeansClassroom: "class,classes,class name,classroom,class code,class id,form,registration group,reg group,reg,tutor group,homeroom,home room,section,section name,section id," +
		"course,courses,course name,course section,group,groups,group name,set,teaching group,class group,period,block,klasse,klassen,klassenname,stammklasse,kurs,kurse,lerngruppe,gruppe," +
		"gruppen,klassenbezeichnung,klasse gruppe,classe,classes de rattachement,classe de rattachement,division,groupe,groupes,clase,clases,grupo,grupos,unidad,aula,grupo clase,grupo materia," +
		"trida,trieda,osztaly,klass,klas,groep,stamgroep,stamklas,lesgroep,sezione,gruppo,turma,turmas,grupo de alunos,klasa,oddzial,grupa,materia,asignatura,class year group",
	MeansYear: "year,years,grd,year group,grade,grades,grade level,nc year,ncyear,curriculum year,year level,jahrgang,jahrgangsstufe,stufe,klassenstufe,schuljahrgang,schulbesuchsjahr," +
		"niveau,annee,curso,nivel,etapa,ano escolar,ensenanza,leerjaar,jaarlaag,bouw,anno,anno di corso,ano,ano de escolaridade,poziom,rocznik,form level",
	MeansRole: "role,roles,user role,type,user type,person type,member type,rolle,funktion,personentyp,profil,profile,fonction,rol,perfil,tipo,tipo de usuario,functie,ruolo,funcao,papel,rola,funkcja",
	MeansExternalID: "id,student id,student number,studentid,student no,pupil id,pupil number,external id,sis id,sis user id,sourced id,upn,uln,admission number,admission no,adno,adm no," +
		"school code,pupil code,student code,local id,state id,osis,person id,member id,schuler id,schueler id,schulernummer,schulernr,schuler nr,schueler nr,matrikelnummer,identnummer,externe id,extern key,externkey,other id," +
		"eindeutige nummer,interne id,interne id nummer,ausweisnummer,schlussel extern,id nr,guid,ine,id eleve,numero eleve,n eleve,numero interne,numero national,identifiant national,identifiant eleve,matricule,nia,nie,n id escolar," +
		"no id escolar,numero id escolar,numero de identificacion escolar,id escolar,idalumno,id alumno,expediente,n expediente,no expediente,num expediente,numero de expediente,matricula,numero de matricula,legajo,codigo," +
		"codigo alumno,stamnummer,stamnr,leerlingnummer,leerlingnr,leerling id,numero matricola,matricola,codice alunno,numero de aluno,n aluno,no aluno,n processo,no processo,numero de processo,numer legitymacji,nr legitymacji," +
		"numer ucznia,id ucznia,isams id,school id number,student identifier",
}

// unused are titles of columns of which nothing is made.
var unused = "date of birth,dob,birthdate,birthday,birth date,gender,sex,pronouns,address,street,city,postcode,zip,zip code,country,nationality,house,status,enrolment status,enrollment status," +
	"start date,end date,entry date,leaving date,notes,comment,comments,remarks,sen,sen status,fsm,pp,pupil premium,eal,ethnicity,age,password,passwort,kennwort,mot de passe,contrasena,clave," +
	"geburtsdatum,geburtstag,geburtsort,geschlecht,staatsangehorigkeit,konfession,religion,strasse,plz,ort,anschrift,bemerkung,bemerkungen,eintritt,austritt,unterschrift,geb,geb datum,adresse,signature," +
	"date de naissance,ne e le,ne le,naissance,sexe,regime,options,option 1,option 2,lv1,lv2,commune,lieu de naissance,code postal,projet d accompagnement,date d entree,entree,sortie,m f," +
	"fecha de nacimiento,f nacimiento,fecha nacimiento,nacimiento,sexo,genero,dni,localidad,direccion,domicilio,provincia,observaciones,estado,estado matricula,edad,firma,repetidor,repite,nacionalidad,codigo postal," +
	"geboortedatum,geslacht,adres,woonplaats,data di nascita,sesso,data de nascimento,data urodzenia,plec,pesel,uwagi,photo,foto,picture,attendance,present,anwesend,grade point average,gpa,school,schule,centro,etablissement," +
	"school id,school name,middle name,middle names,middle initial,zweiter vorname,deuxieme prenom,second prenom,suffix,prefix,salutation,anrede,civilite,tratamiento,enabled user,date last modified,academic year,schuljahr,annee scolaire,curso academico," +
	"last login,last access,letzter zugriff,ultimo acceso,dernier acces,groups memberships,tutor,tutora,tutor a,teacher,teachers,lehrer,lehrerin,lehrkraft,klassenlehrer,klassenlehrerin,klassenleitung,professeur,professeur principal,profesor,profesora,docente,head of year," +
	"org unit path,org unit path required,password hash function,phone,telephone,mobile,telefon,handy,telefono,movil,tel,telefoon,sourced ids,user ids,sms,identifier,agent sourced ids,org sourced ids,id no," +
	"number of classes,numero de clases,signs in with,inicia sesion con"

// numbers are titles of a running number.
var numbers = "nr,no,n,num,number,numero,lfd nr,lfdnr,laufende nummer,nummer,position,pos,row,zeile,ligne,fila,orden,n orden,no orden,n de orden,no de lista,n de lista,n lista,volgnr,lp,l p,n ord,rang,#"

// names are titles that say only that there is a name.
var names = "name,names,nom,noms,nombre,nombres,naam,nome,nazwa,nom eleve,noms eleves"

// Words within a title, folded; a trailing star stands for any ending.
var (
	guardianWords = words("parent* guardian* mother* father* mum mums dad dads carer* contact contacts contact1 contact2 emergency eltern* mutter* vater* erziehungsberechtigt* erziehungsber sorgeberechtigt* personensorge* notfall* " +
		"madre* padre* apoderad* responsable* progenitor* legal famili* mere pere tuteur* representant* ouder* voogd* moeder* vader* verzorger* genitor* encarregad* mae pai ee rodzic* opiekun* matk* ojc* ojciec familie famille famiglia")
	teacherWords = words("teacher* lehrer* lehrkraft klassenlehrer* klassenleit* profesor* docente* maestr* professeur* enseignant* prof leraar* mentor* insegnante* professor* nauczyciel* wychowawc* instructor* staff coordinator* diretor* pp")
	legalTutor   = words("tutor* tutora*")
	mailWords    = words("email* emails mail mails correo* courriel* mel correio* poczta* emailadres* mailadres* posta")
	phoneWords   = words("phone* telephone* tel mobile* cell* handy* telefon* movil* celular* portable* gsm telemovel* komork*")
	givenWords   = words("given first fn forename* firstname vorname* rufname prenom* voornaam* imie")
	familyWords  = words("family last ln surname* lastname nachname* familienname* zuname apellido* achternaam* cognome* apelido* sobrenome* nazwisko")
	nameWords    = words("name* nombre* nom noms naam nome nomes")
	birthWords   = words("birth* dob geburt* nacimiento naissance geboorte* nascita nascimento urodzenia")
	relationWord = words("relation* beziehung* verwandtschaft* parentesco lien relatie parentela grado pokrewienstwo type art")
	languageWord = words("language* sprache* muttersprache* idioma* lengua* langue* taal lingua* jezyk*")
	studentWords = words("student* pupil* learner* schuler* schueler* schul* school* eleve* alumn* estudiante* leerling* alunn* studente alun* uczni* uczen official")
	privateWords = words("private* personal* home privat* personnel* particular* alternat* secondary second* other backup zweit* recovery 2")
	classWords   = words("class* klass* clase* classe* form group* grupp* grup* kurs* turma* klas section* homeroom")
	yearWords    = words("year* jahrgang* stufe* grade* niveau* nivel* leerjaar*")
)

func words(list string) []string { return strings.Fields(list) }

// among reports whether one of tokens is one of list.
func among(tokens, list []string) bool {
	for _, token := range tokens {
		for _, word := range list {
			if beginning, open := strings.CutSuffix(word, "*"); open && strings.HasPrefix(token, beginning) || token == word {
				return true
			}
		}
	}
	return false
}

// titles by what they say, folded.
var dictionary = func() map[string]title {
	all := make(map[string]title)
	add := func(list string, t title) {
		for phrase := range strings.SplitSeq(list, ",") {
			all[phrase] = t
		}
	}
	add(unused, title{known: true})
	add(numbers, title{known: true})
	add(names, title{known: true, name: true})
	for means, list := range phrases {
		add(list, title{known: true, means: means, weight: 10})
	}
	// Where several columns hold an ID, or a given name, the surest is taken.
	for phrase, weight := range map[string]int{
		"id": 5, "guid": 4, "external id": 12, "externe id": 12, "extern key": 12, "externkey": 12, "sourced id": 12,
		"rufname": 12, "roepnaam": 12, "chosen forename": 12, "chosen surname": 12,
		"vornamen": 8, "voornamen": 8, "imiona": 8, "first names": 8, "given names": 8, "nom de naissance": 8,
	} {
		t := all[phrase]
		t.weight = weight
		all[phrase] = t
	}
	return all
}()

// readTitle says what the title of a column means.
func readTitle(text string) title {
	folded := lowered(text)
	tokens := strings.Fields(folded)
	if len(tokens) == 0 || len(tokens) > 12 {
		return title{}
	}
	mail := among(tokens, mailWords) || strings.Contains(folded, "e mail")
	guardian := among(tokens, guardianWords) || among(tokens, legalTutor) && len(tokens) > 1
	guardian = guardian || strings.HasSuffix(folded, " e e") // encarregado de educação
	teacher := among(tokens, teacherWords)
	if t, found := dictionary[folded]; found {
		if t.means == MeansAddress && among(tokens, studentWords) {
			t.weight += 5
		}
		return t
	}
	known := func(m Meaning, weight int) title { return title{known: true, means: m, weight: weight} }
	given, family := among(tokens, givenWords), among(tokens, familyWords)
	switch {
	case among(tokens, birthWords):
		return title{known: true}
	case guardian:
		return readGuardianTitle(tokens, mail, given, family)
	case teacher:
		return title{known: true}
	case mail && among(tokens, studentWords):
		return known(MeansAddress, 12)
	case mail && among(tokens, privateWords):
		return known(MeansAddress, 3)
	case mail:
		return known(MeansAddress, 8)
	case among(tokens, phoneWords):
		return title{known: true}
	case among(tokens, words("relationship* parentesco verwandtschaft* parentela")):
		return known(MeansGuardianRole, 8)
	case given && family:
		if position(tokens, givenWords) < position(tokens, familyWords) {
			return known(MeansFullName, 8)
		}
		return known(MeansFamilyFirst, 8)
	case given:
		return known(MeansGivenName, 6)
	case family:
		return known(MeansFamilyName, 6)
	case among(tokens, studentWords) && among(tokens, nameWords):
		return known(MeansFullName, 8)
	case among(tokens, studentWords) && (tokens[len(tokens)-1] == "id" || tokens[0] == "id"):
		return known(MeansExternalID, 6)
	case strings.ContainsAny(folded, "0123456789"):
		return title{} // "Class list 7b" is the title of a list and of no column
	case among(tokens, classWords) && !among(tokens, studentWords) && !among(tokens, words("list* klassenlist* relacion")):
		return known(MeansClassroom, 4)
	case among(tokens, yearWords):
		return known(MeansYear, 4)
	}
	return title{}
}

// languages are the portal's languages, by tag and by name.
var languages = map[string]string{
	"en": "en", "english": "en", "englisch": "en", "anglais": "en", "ingles": "en",
	"es": "es", "spanish": "es", "spanisch": "es", "espagnol": "es", "espanol": "es", "castellano": "es",
}

// readGuardianTitle reads the title of a column about a student's guardians.
func readGuardianTitle(tokens []string, mail, given, family bool) title {
	means := MeansGuardianName
	switch {
	case mail:
		means = MeansGuardianMail
	case among(tokens, phoneWords):
		means = MeansGuardianCall
	case given && !family:
		means = MeansGuardianGiven
	case family && !given:
		means = MeansGuardianFamily
	case among(tokens, relationWord):
		means = MeansGuardianRole
	case among(tokens, languageWord):
		means = MeansGuardianReads
	case !among(tokens, nameWords) && len(tokens) > 3:
		means = MeansNothing // the street, the rights of a guardian
	}
	return title{known: true, means: means, weight: 8}
}

// position is where the first of list stands in tokens.
func position(tokens, list []string) int {
	for i := range tokens {
		if among(tokens[i:i+1], list) {
			return i
		}
	}
	return len(tokens)
}

// lowered makes titles and names comparable: small letters without accents, one
// space between words, "firstName" and "First_Name" alike.
func lowered(s string) string {
	if len(s) > 400 {
		s = strings.ToValidUTF8(s[:400], "")
	}
	var apart strings.Builder
	var before rune
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			apart.WriteByte(' ')
		}
		apart.WriteRune(r)
		before = r
	}
	// What has an accent in one letter and cannot be taken apart.
	plain := letters.Replace(strings.ToLower(apart.String()))
	if strings.ContainsFunc(plain, func(r rune) bool { return r > unicode.MaxASCII }) {
		var err error
		if plain, _, err = transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn))), plain); err != nil {
			return ""
		}
	}
	return strings.Join(strings.FieldsFunc(plain, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '#'
	}), " ")
}

var letters = strings.NewReplacer("ß", "ss", "ł", "l", "ø", "o", "đ", "d", "æ", "ae", "œ", "oe", "ı", "i", ".º", "o ", "º", "o", "ª", "a", "n°", "n ")
