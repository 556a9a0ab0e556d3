package views

import (
	"context"
	"strings"

	"github.com/mileusna/useragent"
)

// DeviceName is what a User-Agent says of a device, in words: "Firefox on
// Windows". It is empty where it says nothing; anybody can claim to be any
// device.
func DeviceName(ctx context.Context, userAgent string) string {
	userAgent = strings.TrimSpace(userAgent)
	if userAgent == "" {
		return ""
	}
	ua := useragent.Parse(userAgent)
	browser, system := ua.Name, ua.OS
	switch {
	case ua.Bot:
		return text(ctx, "device.program", "Name", short(browser))
	case ua.Device == "iPad":
		system = "iPad"
	case ua.Device == "iPhone":
		system = "iPhone"
	case system == useragent.CrOS:
		system = useragent.ChromeOS
	}
	switch browser {
	case useragent.MobileSafari:
		browser = useragent.Safari
	case userAgent:
		browser = "" // nothing was understood
	}
	switch {
	case browser != "" && system != "":
		return text(ctx, "device.browser-on", "Browser", short(browser), "System", short(system))
	case browser != "":
		return short(browser)
	case system != "":
		return short(system)
	}
	return text(ctx, "device.unknown")
}

// short keeps a made-up name from filling a page.
func short(name string) string {
	const most = 40
	if letters := []rune(name); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return name
}
