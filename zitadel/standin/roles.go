package standin

import "strings"

// rolePermissions are the administrator roles as Zitadel ships them, with the
// permissions the stand-in asks for.
var rolePermissions = map[string][]string{
	"IAM_OWNER": permissions(`
		iam.read iam.write
		iam.restrictions.read iam.restrictions.write iam.policy.read iam.policy.write
		iam.member.read iam.member.write iam.member.delete
		iam.feature.write iam.feature.delete
		org.read org.create org.write org.delete
		org.member.read org.member.write org.member.delete
		user.read user.write user.delete
		user.global.read
		user.grant.read user.grant.write user.grant.delete
		user.credential.write
		user.passkey.write
		policy.read policy.write
		project.read project.create project.write project.delete
		project.role.read project.role.write project.role.delete
		project.app.read project.app.write project.app.delete
		project.grant.read project.grant.write project.grant.delete
		events.read
		session.read session.write session.delete
		iam.idp.read iam.idp.write
		org.idp.read org.idp.write
		policy.delete`),
	"IAM_OWNER_VIEWER": permissions(`
		iam.read
		iam.restrictions.read iam.policy.read
		iam.member.read
		org.read
		org.member.read
		user.read
		user.global.read
		user.grant.read
		policy.read
		project.read
		project.role.read
		project.app.read
		project.grant.read
		events.read
		session.read
		iam.idp.read
		org.idp.read`),
	"IAM_ORG_MANAGER": permissions(`
		org.read org.create org.write org.delete
		org.member.read org.member.write org.member.delete
		user.read user.write user.delete
		user.global.read
		user.grant.read user.grant.write user.grant.delete
		user.credential.write
		user.passkey.write
		policy.read policy.write
		project.read project.create project.write project.delete
		project.role.read project.role.write project.role.delete
		project.app.read project.app.write project.app.delete
		project.grant.read project.grant.write project.grant.delete
		session.read session.delete
		org.idp.read org.idp.write
		policy.delete`),
	"IAM_USER_MANAGER": permissions(`
		org.read
		org.member.read org.member.delete
		user.read user.write user.delete
		user.global.read
		user.grant.read user.grant.write user.grant.delete
		user.passkey.write
		project.read
		project.role.read
		project.app.read
		project.grant.read project.grant.write project.grant.delete
		session.read session.delete`),
	"IAM_LOGIN_CLIENT": permissions(`
		iam.read
		iam.policy.read
		iam.member.read iam.member.write
		org.read
		org.member.read org.member.write
		user.read user.write
		user.grant.read user.grant.write
		user.credential.write
		user.passkey.write
		policy.read
		project.read
		project.role.read
		project.app.read
		project.grant.read
		session.read session.write session.delete
		iam.idp.read
		org.idp.read`),
	"ORG_OWNER": permissions(`
		org.read org.write org.delete
		org.member.read org.member.write org.member.delete
		user.read user.write user.delete
		user.global.read
		user.grant.read user.grant.write user.grant.delete
		user.credential.write
		user.passkey.write
		policy.read policy.write
		project.read project.create project.write project.delete
		project.role.read project.role.write project.role.delete
		project.app.read project.app.write
		project.grant.read project.grant.write project.grant.delete
		session.read session.delete
		org.idp.read org.idp.write
		policy.delete`),
	"ORG_USER_MANAGER": permissions(`
		org.read
		user.read user.write user.delete
		user.global.read
		user.grant.read user.grant.write user.grant.delete
		policy.read
		project.read
		project.role.read
		session.read session.delete`),
	"ORG_OWNER_VIEWER": permissions(`
		org.read
		org.member.read
		user.read
		user.global.read
		user.grant.read
		policy.read
		project.read
		project.role.read
		project.app.read
		project.grant.read
		org.idp.read`),
	"ORG_SETTINGS_MANAGER": permissions(`
		org.read org.write
		org.member.read
		policy.read policy.write
		org.idp.read org.idp.write
		policy.delete`),
	"ORG_USER_PERMISSION_EDITOR": permissions(`
		org.read
		org.member.read
		user.read
		user.global.read
		user.grant.read user.grant.write user.grant.delete
		policy.read
		project.read
		project.role.read
		project.app.read
		project.grant.read`),
	"ORG_PROJECT_PERMISSION_EDITOR": permissions(`
		org.read
		org.member.read
		user.read
		user.global.read
		user.grant.read user.grant.write user.grant.delete
		policy.read
		project.read
		project.role.read
		project.app.read
		project.grant.read project.grant.write project.grant.delete`),
	"ORG_PROJECT_CREATOR": permissions(`
		user.global.read
		policy.read
		project.create`),
	"ORG_USER_SELF_MANAGER": permissions(`
		policy.read`),
}

func permissions(list string) []string { return strings.Fields(list) }
