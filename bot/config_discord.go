package main

import (
	"net/url"
	"strings"

	"hikeshi/bot/discord"
)

// discord reports whether Discord is set up.
func (s settings) discord() bool { return s.DiscordBotToken != "" }

// discordUnused reports settings of Discord that practice leaves alone, as it does Slack's.
func (s settings) discordUnused() bool { return s.practice() && s.discord() }

// withoutDiscord is the same without any of Discord.
func (s settings) withoutDiscord() settings {
	s.DiscordBotToken, s.DiscordGuildID = "", ""
	return s
}

// discordSaid is what the start says of Discord. address is the one listened on.
func (s settings) discordSaid(address string) []sentence {
	switch {
	case !s.discord():
		return nil
	case s.discordUnused():
		return []sentence{{"cli.serve.discord.unused", nil}}
	}
	said := []sentence{{"cli.serve.discord.gateway", nil}}
	// Of Slack's cards it is said already, and Discord's are no different.
	if !s.slack() && s.pagesHere() {
		said = append(said, sentence{"cli.serve.discord.pages", []string{"address", "http://" + address}})
	}
	return said
}

// discordFaults finds what is wrong with the settings of Discord. No fault quotes a value: even
// a token in the wrong place is one.
func (s settings) discordFaults() []sentence {
	var found []sentence
	fault := func(key string) { found = append(found, sentence{key, nil}) }
	token, guild := s.DiscordBotToken, s.DiscordGuildID
	if botToken(guild) && !botToken(token) {
		fault("cli.setting.discord.swapped")
	} else {
		if token != "" && !botToken(token) {
			fault("cli.setting.discord.bot_token")
		}
		if guild != "" && !snowflake(guild) {
			fault("cli.setting.discord.guild_id")
		}
	}
	switch {
	case token != "" && guild == "":
		fault("cli.setting.discord.no_guild_id")
	case token == "" && guild != "":
		fault("cli.setting.discord.no_bot_token")
	}
	if s.DiscordAPIURL != "" {
		u, err := url.Parse(s.DiscordAPIURL)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			fault("cli.setting.discord.api_url")
		}
	}
	return found
}

// botToken reports whether a value looks like the token of a bot (Discord, "Authentication"):
// three parts with dots between them, in the alphabet of URL-safe Base64. A client secret, a
// public key and an ID have no dots.
func botToken(s string) bool {
	parts := strings.Split(s, ".")
	for _, part := range parts {
		if part == "" || strings.ContainsFunc(part, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
		}) {
			return false
		}
	}
	return len(parts) == 3
}

// snowflake reports whether a value looks like an ID of Discord: the digits of a number of 64
// bits that counts milliseconds since 2015 in its upper 42 (Discord, "Snowflakes"), and so has 17
// digits at least since a month after that.
func snowflake(s string) bool {
	return len(s) >= 17 && len(s) <= 20 && s[0] != '0' && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// frontendDiscord is the front end's name, in the ways to a person and in what is remembered.
const frontendDiscord = "discord"

// discordConfig is what the front end needs of the settings.
func (p *program) discordConfig(say func(lang, key string, pairs ...string) string) discord.Config {
	s := p.settings
	return discord.Config{
		Token: s.DiscordBotToken, Guild: s.DiscordGuildID, APIURL: strings.TrimRight(s.DiscordAPIURL, "/"),
		Say: say, Lang: s.Lang, PublicURL: s.pagesURL(),
	}
}
