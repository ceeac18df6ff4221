package mail

import (
	"net/url"
	"strings"
	"testing"
)

func TestReadURL(t *testing.T) {
	for given, want := range map[string]struct {
		server
		fault string
	}{
		"smtp://u:p@mail.example.co.jp:587":            {server{"mail.example.co.jp", "587", false, "u", "p", false}, ""},
		"smtp://u:p@mail.example.co.jp":                {server{"mail.example.co.jp", "587", false, "u", "p", false}, ""},
		"smtps://u%40x.jp:p%2F%25%3A@mail.example.jp/": {server{"mail.example.jp", "465", true, "u@x.jp", "p/%:", false}, ""},
		"SMTP://u:p@MAIL.example.jp":                   {server{"MAIL.example.jp", "587", false, "u", "p", false}, ""},
		"smtp://u@x.jp:p@mail.example.jp":              {server{"mail.example.jp", "587", false, "u@x.jp", "p", false}, ""},
		"smtp://mail.example.jp:25":                    {server{"mail.example.jp", "25", false, "", "", false}, ""},
		"smtp://127.0.0.1:25":                          {server{"127.0.0.1", "25", false, "", "", true}, ""},
		"smtp://u:p@localhost":                         {server{"localhost", "587", false, "u", "p", true}, ""},
		"smtp://[::1]:2525":                            {server{"::1", "2525", false, "", "", true}, ""},
		"smtp://192.168.1.5":                           {server{"192.168.1.5", "587", false, "", "", false}, ""},
		"mail.example.jp":                              {server{}, "cli.setting.mail.scheme"},
		"mail.example.jp:587":                          {server{}, "cli.setting.mail.scheme"},
		"https://mail.example.jp":                      {server{}, "cli.setting.mail.scheme"},
		"smtp:mail.example.jp":                         {server{}, "cli.setting.mail.url"},
		"smtp://":                                      {server{}, "cli.setting.mail.url"},
		"smtp://:587":                                  {server{}, "cli.setting.mail.url"},
		"smtp://u:geheim@":                             {server{}, "cli.setting.mail.url"},
		"smtp://u:ge/heim@mail.example.jp":             {server{}, "cli.setting.mail.url"},
		"smtp://u:ge#heim@mail.example.jp":             {server{}, "cli.setting.mail.url"},
		"smtp://u:ge?heim@mail.example.jp":             {server{}, "cli.setting.mail.url"},
		"smtp://u:ge%heim@mail.example.jp":             {server{}, "cli.setting.mail.url"},
		"smtp://u:g%00m@mail.example.jp":               {server{}, "cli.setting.mail.url"},
		"smtp://u:g%0D%0Am@mail.example.jp":            {server{}, "cli.setting.mail.url"},
		"smtp://mail.example.jp/x":                     {server{}, "cli.setting.mail.url"},
		"smtp://mail.example.jp?tls=no":                {server{}, "cli.setting.mail.url"},
		"smtp://-mail.example.jp":                      {server{}, "cli.setting.mail.url"},
		"smtp://メール.jp":                                {server{}, "cli.setting.mail.url"},
		"smtp://mail.example.jp:99999":                 {server{}, "cli.setting.mail.port"},
		"smtp://mail.example.jp:0":                     {server{}, "cli.setting.mail.port"},
		"smtp://u@mail.example.jp":                     {server{}, "cli.setting.mail.password"},
		"smtp://u:@mail.example.jp":                    {server{}, "cli.setting.mail.password"},
		"smtp://:geheim@mail.example.jp":               {server{}, "cli.setting.mail.password"},
	} {
		got, fault := readURL(given)
		switch {
		case want.fault == "" && (fault != nil || got != want.server):
			t.Errorf("%s: %+v, %v", given, got, fault)
		case want.fault != "" && (fault == nil || fault.Key != want.fault):
			t.Errorf("%s: %+v, %v; want %s", given, got, fault, want.fault)
		}
	}
}

func TestReadFrom(t *testing.T) {
	for given, want := range map[string]string{
		"hikeshi@example.co.jp":          `<hikeshi@example.co.jp>`,
		" hikeshi@example.co.jp ":        `<hikeshi@example.co.jp>`,
		"火消し <hikeshi@example.co.jp>":    `=?utf-8?q?=E7=81=AB=E6=B6=88=E3=81=97?= <hikeshi@example.co.jp>`,
		`"Hikeshi, Inc." <a@example.jp>`: `"Hikeshi, Inc." <a@example.jp>`,
		"":                               "", "hikeshi": "", "hikeshi@": "", "@example.jp": "", "a@example.jp, b@example.jp": "",
		"a@example.jp\r\nBcc: b@example.jp": "", "<>": "", `"a b"@example.jp`: "",
	} {
		got, fault := readFrom(given)
		if (fault != nil) != (want == "") || fault == nil && got.String() != want {
			t.Errorf("%q: %s, %v", given, got.String(), fault)
		}
	}
}

// Whatever stands in SMTP_URL is read as it was meant, or refused without being repeated.
func FuzzReadURL(f *testing.F) {
	for _, s := range []string{"smtp://u:p@mail.example.jp:587", "smtps://[::1]", "smtp://u:ge/heim@h", "smtp://%zz@h", "smtp://a:b@c:d@e", "\x00", "smtp://h:1/%2f"} {
		f.Add(s, "pa ss:w@rd/%?#")
	}
	f.Fuzz(func(t *testing.T, s, password string) {
		got, fault := readURL(s)
		if fault != nil {
			if fault.Key == "" || fault.Pairs != nil {
				t.Errorf("%+v", fault)
			}
		} else if got.host == "" || got.port == "" || strings.ContainsAny(got.host+got.port+got.user+got.password, "\r\n\x00") || (got.user == "") != (got.password == "") {
			t.Errorf("%q: %+v", s, got)
		}
		u := url.URL{Scheme: "smtp", User: url.UserPassword("u", password), Host: "mail.example.jp"}
		got, fault = readURL(u.String())
		if control := strings.ContainsFunc(password, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }); fault == nil && (control || password == "") || fault == nil && got.password != password || fault != nil && !control && password != "" {
			t.Errorf("the password %q: %+v, %v", password, got, fault)
		}
	})
}
