package audit

import (
	"cmp"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// ocsfVersion is that of the Open Cybersecurity Schema Framework
// (https://schema.ocsf.io) whose names and numbers are used here.
const ocsfVersion = "1.5.0"

// Product is what an OCSF event says about where it comes from.
type Product struct {
	Version string // of Homeroom
	URL     string // of the portal
}

// OCSF is a record in the shape of OCSF, category Identity & Access Management,
// as one JSON object without a line break. metadata.uid is the record's ID, the
// same however often it is sent, metadata.sequence its position, and unmapped the
// whole record as [JSON] writes it, so that nothing is lost and the chain can be
// verified elsewhere.
func OCSF(r identity.AuditRecord, product Product) []byte {
	class := classOf(r)
	e := ocsfEvent{
		ActivityID: class.activity, ActivityName: class.name,
		CategoryUID: 3, CategoryName: "Identity & Access Management",
		ClassUID: class.uid, ClassName: classNames[class.uid], TypeUID: class.uid*100 + class.activity,
		Time: r.At.UnixMilli(), SeverityID: 1, Severity: "Informational", Message: string(r.Action),
		Metadata: ocsfMetadata{
			Version: ocsfVersion, UID: r.ID, Sequence: r.Position, EventCode: string(r.Action),
			TenantUID: string(r.Home), LogName: "audit", CorrelationUID: r.RequestID,
			Product: ocsfProduct{Name: "Homeroom", VendorName: "Homeroom", Version: product.Version, URL: product.URL},
		},
		Actor:    ocsfActor{User: userOf(string(r.Actor.User), r.Actor.Name, string(r.ActorRole))},
		Unmapped: outside(r),
	}
	e.StatusID, e.Status = statusOf(r)
	if r.Action == identity.ActionSignInFailed {
		e.SeverityID, e.Severity = 2, "Low"
	}
	if !r.ClosedAt.IsZero() {
		e.Metadata.LoggedTime = r.ClosedAt.UnixMilli()
	}
	if r.Address != "" {
		e.Source = &ocsfEndpoint{IP: r.Address}
	}
	if r.RequestID != "" || r.Device != "" {
		e.Request = &ocsfRequest{UID: r.RequestID, UserAgent: r.Device}
	}
	target := userOf(r.Target, r.TargetName, "")
	switch class.uid {
	case classAuthentication:
		e.User = &target
		e.Service = &ocsfEntity{Name: "Homeroom"}
	case classAccount:
		e.User = &target
	case classAccess:
		e.User = &target
		role := cmp.Or(r.After["role"], r.Before["role"], "role")
		e.Privileges = []string{role}
		e.Resources = []ocsfEntity{{UID: string(r.Organization), Type: "organization"}}
	case classEntity:
		kind, _, _ := strings.Cut(string(r.Action), ".")
		e.Entity = &ocsfEntity{UID: cmp.Or(r.Target, string(r.Organization)), Name: r.TargetName, Type: kind}
	}
	return encode(e)
}

// Classes of the category.
const (
	classAccount        = 3001
	classAuthentication = 3002
	classEntity         = 3004
	classAccess         = 3005
)

var classNames = map[int]string{
	classAccount: "Account Change", classAuthentication: "Authentication",
	classEntity: "Entity Management", classAccess: "User Access Management",
}

// ocsfClass is a class of events and the activity in it.
type ocsfClass struct {
	uid, activity int
	name          string
}

// classes are those of the actions whose class is not seen by their last word.
var classes = map[identity.Action]ocsfClass{
	identity.ActionSignedIn:      {classAuthentication, 1, "Logon"},
	identity.ActionSignInFailed:  {classAuthentication, 1, "Logon"},
	identity.ActionSignedOut:     {classAuthentication, 2, "Logoff"},
	identity.ActionSessionsEnded: {classAuthentication, 2, "Logoff"},

	identity.ActionStudentCreated:     {classAccount, 1, "Create"},
	identity.ActionArrivalCreated:     {classAccount, 1, "Create"},
	identity.ActionUserReactivated:    {classAccount, 2, "Enable"},
	identity.ActionPasswordChanged:    {classAccount, 3, "Password Change"},
	identity.ActionSignInReset:        {classAccount, 4, "Password Reset"},
	identity.ActionUserDeactivated:    {classAccount, 5, "Disable"},
	identity.ActionUserDeleted:        {classAccount, 6, "Delete"},
	identity.ActionUserRemoved:        {classAccount, 6, "Delete"},
	identity.ActionFactorAdded:        {classAccount, 10, "MFA Factor Enable"},
	identity.ActionFactorRemoved:      {classAccount, 11, "MFA Factor Disable"},
	identity.ActionFactorsReset:       {classAccount, 11, "MFA Factor Disable"},
	identity.ActionUserUnlocked:       {classAccount, 12, "Unlock"},
	identity.ActionUserChanged:        {classAccount, 99, "Change"},
	identity.ActionArrivalLinked:      {classAccount, 99, "Link Identity Provider"},
	identity.ActionProviderLinked:     {classAccount, 99, "Link Identity Provider"},
	identity.ActionProviderUnlinked:   {classAccount, 99, "Unlink Identity Provider"},
	identity.ActionBasisRecorded:      {classAccount, 99, "Record Basis"},
	identity.ActionRoleAssigned:       {classAccess, 1, "Assign Privileges"},
	identity.ActionRoleChanged:        {classAccess, 1, "Assign Privileges"},
	identity.ActionRoleActivated:      {classAccess, 1, "Assign Privileges"},
	identity.ActionInvitationAccepted: {classAccess, 1, "Assign Privileges"},
	identity.ActionJoinApproved:       {classAccess, 1, "Assign Privileges"},
	identity.ActionRoleSuspended:      {classAccess, 2, "Revoke Privileges"},
	identity.ActionRoleRemoved:        {classAccess, 2, "Revoke Privileges"},
	identity.ActionLeft:               {classAccess, 2, "Revoke Privileges"},
}

// entityActivities are what the last word of an action means for the entity
// that the first one names.
var entityActivities = map[string]ocsfClass{
	"opened": {classEntity, 1, "Create"}, "created": {classEntity, 1, "Create"}, "made": {classEntity, 1, "Create"},
	"added": {classEntity, 1, "Create"}, "begun": {classEntity, 1, "Create"}, "asked": {classEntity, 1, "Create"},
	"visited": {classEntity, 2, "Read"}, "copied": {classEntity, 2, "Read"}, "exported": {classEntity, 2, "Read"},
	"tested": {classEntity, 2, "Read"}, "checked": {classEntity, 2, "Read"},
	"deleted": {classEntity, 4, "Delete"}, "erased": {classEntity, 4, "Delete"}, "pruned": {classEntity, 4, "Delete"},
	"revoked": {classEntity, 4, "Delete"}, "renamed": {classEntity, 5, "Move"}, "adopted": {classEntity, 5, "Move"},
	"activated": {classEntity, 8, "Enable"}, "off": {classEntity, 9, "Disable"}, "ended": {classEntity, 9, "Disable"},
	"archived": {classEntity, 12, "Suspend"}, "suspended": {classEntity, 12, "Suspend"}, "restored": {classEntity, 13, "Resume"},
}

func classOf(r identity.AuditRecord) ocsfClass {
	if class, ok := classes[r.Action]; ok {
		return class
	}
	_, verb, _ := strings.Cut(string(r.Action), ".")
	if class, ok := entityActivities[verb]; ok {
		return class
	}
	return ocsfClass{classEntity, 3, "Update"}
}

func statusOf(r identity.AuditRecord) (id int, name string) {
	switch {
	case r.Outcome == identity.OutcomeFailed, r.Action == identity.ActionSignInFailed:
		return 2, "Failure"
	case r.Outcome == identity.OutcomeDone:
		return 1, "Success"
	}
	return 0, "Unknown"
}

// userOf is an account. One of no ID is the system itself.
func userOf(id, name, role string) ocsfUser {
	user := ocsfUser{UID: id, Name: name, TypeID: 1, Type: "User"}
	if id == "" {
		user.TypeID, user.Type = 3, "System"
	}
	if role != "" {
		user.Groups = []ocsfEntity{{Name: role}}
	}
	return user
}

type (
	ocsfEvent struct {
		ActivityID   int           `json:"activity_id"`
		ActivityName string        `json:"activity_name"`
		CategoryUID  int           `json:"category_uid"`
		CategoryName string        `json:"category_name"`
		ClassUID     int           `json:"class_uid"`
		ClassName    string        `json:"class_name"`
		TypeUID      int           `json:"type_uid"`
		Time         int64         `json:"time"`
		SeverityID   int           `json:"severity_id"`
		Severity     string        `json:"severity"`
		StatusID     int           `json:"status_id"`
		Status       string        `json:"status"`
		Message      string        `json:"message"`
		Metadata     ocsfMetadata  `json:"metadata"`
		Actor        ocsfActor     `json:"actor"`
		User         *ocsfUser     `json:"user,omitempty"`
		Privileges   []string      `json:"privileges,omitempty"`
		Resources    []ocsfEntity  `json:"resources,omitempty"`
		Entity       *ocsfEntity   `json:"entity,omitempty"`
		Service      *ocsfEntity   `json:"service,omitempty"`
		Source       *ocsfEndpoint `json:"src_endpoint,omitempty"`
		Request      *ocsfRequest  `json:"http_request,omitempty"`
		Unmapped     record        `json:"unmapped"`
	}
	ocsfMetadata struct {
		Version        string      `json:"version"`
		UID            string      `json:"uid"`
		Sequence       int64       `json:"sequence,omitempty"`
		EventCode      string      `json:"event_code"`
		TenantUID      string      `json:"tenant_uid,omitempty"`
		LogName        string      `json:"log_name"`
		CorrelationUID string      `json:"correlation_uid,omitempty"`
		LoggedTime     int64       `json:"logged_time,omitempty"`
		Product        ocsfProduct `json:"product"`
	}
	ocsfProduct struct {
		Name       string `json:"name"`
		VendorName string `json:"vendor_name"`
		Version    string `json:"version,omitempty"`
		URL        string `json:"url_string,omitempty"`
	}
	ocsfActor struct {
		User ocsfUser `json:"user"`
	}
	ocsfUser struct {
		UID    string       `json:"uid,omitempty"`
		Name   string       `json:"name,omitempty"`
		TypeID int          `json:"type_id"`
		Type   string       `json:"type"`
		Groups []ocsfEntity `json:"groups,omitempty"`
	}
	ocsfEntity struct {
		UID  string `json:"uid,omitempty"`
		Name string `json:"name,omitempty"`
		Type string `json:"type,omitempty"`
	}
	ocsfEndpoint struct {
		IP string `json:"ip"`
	}
	ocsfRequest struct {
		UID       string `json:"uid,omitempty"`
		UserAgent string `json:"user_agent,omitempty"`
	}
)
