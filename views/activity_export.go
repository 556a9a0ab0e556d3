package views

import (
	"cmp"
	"context"
	"slices"

	"homeroom.dev/homeroom/identity"
)

// The forms in which a log can be taken out.
const (
	ExportCSV  = "csv"
	ExportJSON = "json" // JSON Lines
)

// ExportView is what the page asks before a log is taken out.
type ExportView struct {
	Log      Log
	Filter   ActivityFilter
	Name     string // of Filter.Person
	Format   string
	Problems identity.Problems
}

// parts is the filter in words, one line each.
func (v ExportView) parts(ctx context.Context) []Param {
	f := v.Filter
	named := func(options []Option, value string) string {
		if i := slices.IndexFunc(options, func(o Option) bool { return o.Value == value }); i >= 0 && value != "" {
			return options[i].Label
		}
		return value
	}
	person := ""
	if f.Person != "" {
		person = cmp.Or(v.Name, f.Person)
	}
	all := []Param{
		{text(ctx, "activity.search.short"), f.Text},
		{text(ctx, "activity.person"), person},
		{text(ctx, "activity.what"), named(ActivityView{Log: v.Log, Filter: f}.whats(ctx), f.What)},
		{text(ctx, "activity.since"), f.Since},
		{text(ctx, "activity.until"), f.Until},
		{text(ctx, "activity.source"), named(sources(ctx), f.Source)},
		{text(ctx, "activity.outcome"), named(outcomes(ctx), f.Outcome)},
	}
	parts := slices.DeleteFunc(all, func(p Param) bool { return p.Value == "" })
	if len(parts) == 0 {
		return []Param{{text(ctx, "activity.export.which"), text(ctx, "activity.export.all")}}
	}
	return parts
}
