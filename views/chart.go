package views

import (
	"context"
	"strconv"
)

// Chart is figures side by side: bars, and a table of the same beneath them.
type Chart struct {
	ID      string   // of its parts on the page
	Title   string   // what is counted
	Summary string   // the whole in a sentence, which stands for the bars where nobody sees them
	Of      string   // column: what each bar stands for
	Columns []string // the others; the first is what the bars show
	Bars    []Bar
}

// Bar is one row of a [Chart].
type Bar struct {
	Label  string // such as a day
	Values []int  // one for each of the chart's columns
}

// The bars stand in a drawing of so many units in height; each has a width of
// its own with a gap beside it. The drawing is stretched to its place.
const (
	chartHeight = 100
	barStep     = 10
	barWidth    = 7
)

func (c Chart) most() int {
	most := 0
	for _, b := range c.Bars {
		most = max(most, b.Values[0])
	}
	return most
}

func (c Chart) viewBox() string {
	return "0 0 " + strconv.Itoa(max(len(c.Bars), 1)*barStep) + " " + strconv.Itoa(chartHeight)
}

// height is that of a bar. Whatever is more than nothing can be seen.
func (c Chart) height(b Bar) int {
	if b.Values[0] <= 0 {
		return 0
	}
	return max(b.Values[0]*chartHeight/c.most(), 2)
}

func (b Bar) shown(ctx context.Context) string { return b.Label + ": " + Number(ctx, b.Values[0]) }
