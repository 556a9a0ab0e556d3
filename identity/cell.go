package identity

import "strings"

// HarmlessCell keeps a text from being a formula where somebody opens it with a
// spreadsheet: what a student is called is written by whoever made the account.
func HarmlessCell(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
