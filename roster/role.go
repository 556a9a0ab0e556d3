package roster

import (
	"strings"

	"homeroom.dev/homeroom/identity"
)

// roleWords are the words for our roles, folded; a comma parts them. What sets
// say (OneRoster 1.1 and 1.2, School Data Sync, Clever) is among them.
var roleWords = map[identity.Role]string{
	identity.RoleStudent: "student,students,pupil,learner,s,stu,schuler,schueler,schulerin,schuelerin,schuler in,schulerinnen,lernender,lernende,eleve,eleves,apprenant,alumno,alumna,alumno a,alumnado,estudiante," +
		"leerling,alunno,alunna,studente,studentessa,aluno,aluna,estudante,uczen,uczennica,member",
	identity.RoleCoTeacher: "co teacher,coteacher,assistant,teaching assistant,ta,aide,teacher assistant,teacheraide,teacher aide,paraprofessional,support teacher,substitute,faculty assistant,aushilfe,assistenz,lehrassistenz,referendar,referendarin,zweitlehrkraft," +
		"assistant d education,aesh,assistante,codocente,docente auxiliar,auxiliar,profesor de apoyo,profesora de apoyo,onderwijsassistent,assistente,docente di sostegno,asystent,nauczyciel wspomagajacy,monitor,tutor",
	identity.RoleTeacher: "teacher,teachers,t,tea,instructor,faculty,lecturer,professor,primary teacher,lead teacher,head teacher,form tutor,class teacher,staff,lehrer,lehrerin,lehrkraft,lehrer in,klassenlehrer,klassenlehrerin,klassenleitung,fachlehrer," +
		"professeur,professeure,enseignant,enseignante,prof,maitre,maitresse,profesor,profesora,profesor a,docente,maestro,maestra,profesorado,leraar,lerares,docent,leerkracht,insegnante,professora,nauczyciel,nauczycielka,adjunct,chair,coach",
	identity.RoleSchoolAdmin: "administrator,administrators,admin,school it,informatica escolar,school admin,school administrator,site administrator,system administrator,sys admin,it admin,district administrator,principal,headteacher,administration,schulleitung,schulleiter,schulleiterin,administratorin," +
		"administrateur,administratrice,direction,directeur,directrice,administrador,administradora,direccion,director,directora,beheerder,directie,amministratore,dirigente,preside,administrator szkoly,dyrektor,dyrektorka",
}

// guardianRoles are the words for people who have no account here.
var guardianRoles = strings.Split("guardian,parent,relative,contact,child,doctor,other,eltern,mutter,vater,erziehungsberechtigter,erziehungsberechtigte,parents,mere,pere,responsable,"+
	"responsable legal,padre,madre,tutor legal,tutora legal,familia,familiar,ouder,voogd,genitore,encarregado de educacao,rodzic,opiekun", ",")

var rolesByWord = func() map[string]identity.Role {
	all := make(map[string]identity.Role)
	for role, list := range roleWords {
		for word := range strings.SplitSeq(list, ",") {
			all[word] = role
		}
	}
	for _, word := range guardianRoles {
		if _, taken := all[word]; !taken {
			all[word] = roleGuardian
		}
	}
	return all
}()

// roleGuardian marks people of sets who are contacts of students. It is no role
// and is handed on to nobody.
const roleGuardian identity.Role = "guardian"

// readRole reads the word for a role; empty if it is none we know.
func readRole(word string) identity.Role {
	if len(word) > 60 {
		return ""
	}
	return rolesByWord[lowered(word)]
}
