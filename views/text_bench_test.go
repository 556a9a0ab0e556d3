package views

import (
	"context"
	"io"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// A roster of 50 says several hundred texts.
func BenchmarkText(b *testing.B) {
	ctx := WithLanguage(context.Background(), "es")
	b.Run("plain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text(ctx, "state.active")
		}
	})
	b.Run("plural", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			text(ctx, "time.minutes-ago", "Count", 5)
		}
	})
}

func BenchmarkHome(b *testing.B) {
	ctx := WithNow(WithLanguage(context.Background(), "en"), time.Now())
	var v HomeView
	for range 20 {
		v.Classrooms = append(v.Classrooms, Place{Organization: identity.Organization{ID: "42", Name: "Biology 7B"}, Role: identity.RoleTeacher, Students: 31, Waiting: 2})
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := Home(reader, v).Render(ctx, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
