package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

//go:embed static/*
var assetFiles embed.FS

// assets are served under names that hold their content's digest: a browser may keep them
// for good, and a new version of the program is never mixed with an old style or script.
var assets, assetNames = loadAssets()

func loadAssets() (byName map[string][]byte, names map[string]string) {
	byName, names = map[string][]byte{}, map[string]string{}
	files, err := fs.ReadDir(assetFiles, "static")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	for _, f := range files {
		body, err := fs.ReadFile(assetFiles, "static/"+f.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(f.Name())
		name := strings.TrimSuffix(f.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		byName[name], names[f.Name()] = body, "/static/"+name
	}
	return byName, names
}

// assetTypes are fixed: what the machine's own table says differs from machine to machine,
// and a browser refuses a script of the wrong type.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// assetPath is where a file of static is served.
func assetPath(name string) string { return assetNames[name] }

func (s *Server) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	body, ok := assets[name]
	if !ok {
		s.refuse(&visit{w: w, r: r, lang: s.cfg.Lang}, http.StatusNotFound, "web.error.notfound")
		return
	}
	w.Header().Set("Content-Type", assetTypes[path.Ext(name)])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
}

// roomPath is the address of a place in the room.
func roomPath(channel string) string {
	if channel == "" {
		return "/"
	}
	return "/?c=" + url.QueryEscape(channel)
}
