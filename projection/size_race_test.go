//go:build race

package projection

// The race detector makes SQLite in Go twenty times slower; what it looks for
// shows in a small school as well.
const (
	bigSchool    = 400
	killedSchool = 1100
	orders       = 4
)
