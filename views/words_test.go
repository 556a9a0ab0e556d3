package views

import (
	"context"
	"testing"
	"time"
)

func TestTimesAreToldFromTheReadersNow(t *testing.T) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	now := time.Date(2026, 11, 21, 9, 14, 30, 0, madrid)
	for _, tt := range []struct {
		name             string
		at               time.Time
		english, spanish string
	}{
		{"never", time.Time{}, "never", "nunca"},
		{"this moment", now.Add(-10 * time.Second), "just now", "ahora mismo"},
		{"a minute", now.Add(-70 * time.Second), "1 minute ago", "hace 1 minuto"},
		{"minutes", now.Add(-59 * time.Minute), "59 minutes ago", "hace 59 minutos"},
		{"an hour", now.Add(-60 * time.Minute), "1 hour ago", "hace 1 hora"},
		{"this morning", now.Add(-9 * time.Hour), "9 hours ago", "hace 9 horas"},
		{"last night, though only hours ago", now.Add(-10 * time.Hour), "yesterday 23:14", "ayer 23:14"},
		{"days", now.AddDate(0, 0, -30), "30 days ago", "hace 30 días"},
		{"across the change of the clock", now.AddDate(0, 0, -28), "28 days ago", "hace 28 días"},
		{"longer", now.AddDate(0, 0, -31), "21 October 2026", "21 de octubre de 2026"},
		{"in UTC", time.Date(2026, 1, 31, 23, 30, 0, 0, time.UTC), "1 February 2026", "1 de febrero de 2026"},
		{"soon", now.Add(5 * time.Minute), "in 5 minutes", "en 5 minutos"},
		{"later today", now.Add(3 * time.Hour), "in 3 hours", "en 3 horas"},
		{"tomorrow", now.Add(20 * time.Hour), "tomorrow", "mañana"},
		{"in two weeks", now.AddDate(0, 0, 14), "in 14 days", "en 14 días"},
	} {
		ctx := WithNow(context.Background(), now)
		if got := RelativeTime(ctx, tt.at); got != tt.english {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.english)
		}
		if got := RelativeTime(WithLanguage(ctx, "es"), tt.at); got != tt.spanish {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.spanish)
		}
	}
	if got, want := ExactTime(WithNow(context.Background(), now), now.UTC()), "Saturday 21 November 2026, 09:14"; got != want {
		t.Errorf("exact: %q, want %q", got, want)
	}
}

func TestInitialsStandForAnyName(t *testing.T) {
	for name, want := range map[string]string{
		"Amelia Okafor": "AO", "sam.k": "S", "": "?", "  ": "?", "María José de la Cruz": "MC",
		"张伟": "张", "émile zola": "ÉZ", "<script> x": "<X",
	} {
		if got := initials(name); got != want {
			t.Errorf("initials(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestNumbersAreGroupedAsTheLanguageDoes(t *testing.T) {
	en, es := context.Background(), WithLanguage(context.Background(), "es")
	for _, tt := range []struct {
		n                int
		english, spanish string
	}{
		{0, "0", "0"},
		{999, "999", "999"},
		{5000, "5,000", "5000"},
		{50000, "50,000", "50\u202f000"},
		{100000, "100,000", "100\u202f000"},
		{1234567, "1,234,567", "1\u202f234\u202f567"},
	} {
		if got := Number(en, tt.n); got != tt.english {
			t.Errorf("%d: %q, want %q", tt.n, got, tt.english)
		}
		if got := Number(es, tt.n); got != tt.spanish {
			t.Errorf("%d: %q, want %q", tt.n, got, tt.spanish)
		}
	}
}
