package views

import (
	"strings"
	"testing"
)

func TestADeviceIsSaidInWords(t *testing.T) {
	for _, tt := range []struct{ agent, en, es string }{
		{"", "", ""},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Windows", "Firefox en Windows"},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Safari on macOS", "Safari en macOS"},
		{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Chrome on ChromeOS", "Chrome en ChromeOS"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge on Windows", "Edge en Windows"},
		{"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Safari on iPad", "Safari en iPad"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Safari on iPhone", "Safari en iPhone"},
		{"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome on Android", "Chrome en Android"},
		{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux", "Firefox en Linux"},
		{"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot (a program)", "Googlebot (un programa)"},
		{"curl/8.5.0", "curl", "curl"},
		{"Mozilla/5.0", "Unknown device", "Dispositivo desconocido"},
	} {
		for language, want := range map[string]string{"en": tt.en, "es": tt.es} {
			if got := DeviceName(WithLanguage(t.Context(), language), tt.agent); got != want {
				t.Errorf("%s: %q is %q, want %q", language, tt.agent, got, want)
			}
		}
	}
	if got := DeviceName(t.Context(), strings.Repeat("x", 500)+"/1.0"); len([]rune(got)) > 60 {
		t.Errorf("a made-up name fills %d letters", len([]rune(got)))
	}
}
