package store

import (
	"regexp"
	"strings"
	"testing"
)

// readsAll are the statements that read something from end to end, and why they
// may. None of them stands behind a page.
var readsAll = map[string]string{
	"leftBehind":           "the few classrooms that are being deleted",
	"projectionState":      "a handful of rows",
	"schoolsWithBadges":    "one row for each school that has ever used them, for the doctor",
	"driftRows":            "the report itself",
	"unfinishedOpenings":   "an index of unfinished ones alone",
	"importsApplying":      "an index of those alone, once a minute",
	"staleLoginPolicies":   "an index of stale ones alone",
	"stalePasswordRules":   "an index of stale ones alone",
	"markAllPasswordRules": "when the instance's own policy changes",
	"begunRecordsBefore":   "an index of begun ones alone, once a minute",
	"auditClosedUnchained": "an index of what nothing of ours writes, to verify",
	"auditRetentions":      "one for each school that has set it, once a day",
	"lastAuditCheckpoint":  "the last row alone",
	"countProjected":       "says how large a rebuild is",
	"countStaleAggregates": "those of which an event came late, on a page of operators",
	"eventsSeen":           "the window of the event log, at the start",
	"deleteOldSubmissions": "once an hour",
	"putOlderStone":        "no table: the row to be written",
	"peers":                "a list that was made by indexes",
	"erasures":             "the few schools that are being erased",
	"countOfSchool":        "no table: two counts by indexes",
}

// sorts are the statements that put rows in order themselves, and why they may.
var sorts = map[string]string{
	"archivedMemberships":      "those of one person",
	"invitationsToRemind":      "those of one organization that wait",
	"schoolInvitationTrouble":  "the places of one school that need attention",
	"memberships":              "those of one person",
	"requestsOfUser":           "those of one person",
	"exportedClassrooms":       "those of one school, for its archive",
	"invitationsFor":           "those to one address",
	"guardians":                "those of one student",
	"ownGuardians":             "those of one student",
	"lastMailOf":               "the mails of one invitation",
	"schoolConnections":        "those that serve one domain",
	"roleAssignmentsToCompare": "compares with Zitadel, behind no page",
}

var placeholder = regexp.MustCompile(`\$\d+`)

// No statement reads a whole table for a page. A new statement is looked at
// without anybody's doing; those of rosters and searches, which are put together,
// are in TestRosterQueriesUseIndexes.
func TestStatementsUseIndexes(t *testing.T) {
	w := newWorld(t)
	for name, statement := range statements(t) {
		arguments := map[string]bool{}
		for _, found := range placeholder.FindAllString(statement, -1) {
			arguments[found] = true
		}
		plan := w.explain(statement, make([]any, len(arguments))...)
		if strings.Contains("\n"+plan, "\nSCAN ") && readsAll[name] == "" {
			t.Errorf("%s reads a whole table:\n%s", name, plan)
		}
		if strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") && sorts[name] == "" && readsAll[name] == "" {
			t.Errorf("%s sorts:\n%s", name, plan)
		}
	}
}
