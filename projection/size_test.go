//go:build !race

package projection

// bigSchool is large enough for a rebuild to take several pages, and as large as
// the largest school of the demo.
const bigSchool = 5000

// killedSchool is large enough for each step to be cut off half way.
const killedSchool = 1500

// orders is how many orders of events are tried.
const orders = 40
