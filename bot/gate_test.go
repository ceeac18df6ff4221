package main

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// gate stands before a server that the program calls. What it holds never comes through: the
// request stays open until whoever has made it is gone.
type gate struct {
	URL string

	t      testing.TB
	closed chan struct{}
	mu     sync.Mutex
	which  func(path, body string) bool
	begun  chan struct{}
	bodies []string // of what was held
}

func newGate(t testing.TB, before string) *gate {
	t.Helper()
	to, err := url.Parse(before)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{t: t, closed: make(chan struct{})}
	through := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: to.Scheme, Host: to.Host}) },
		ErrorLog: log.New(io.Discard, "", 0), // who was killed hears no answer
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // killed on the way
		}
		if g.holds(r.URL.Path, string(body)) {
			select {
			case <-r.Context().Done():
			case <-g.closed:
			}
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { close(g.closed); server.CloseClientConnections(); server.Close() })
	g.URL = server.URL + to.Path
	return g
}

// hold holds what comes of a kind from now on. The channel is closed when the first has come.
func (g *gate) hold(which func(path, body string) bool) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.which, g.begun = which, make(chan struct{})
	return g.begun
}

// open lets everything through.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.which = nil
}

func (g *gate) held() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.bodies...)
}

func (g *gate) holds(path, body string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.which == nil || !g.which(path, body) {
		return false
	}
	if g.bodies = append(g.bodies, body); len(g.begun) == 0 {
		select {
		case <-g.begun:
		default:
			close(g.begun)
		}
	}
	return true
}

// frontDoor is the address under which people reach the program, as behind a proxy of the company:
// it stays while the program is killed and started again.
type frontDoor struct {
	URL string

	mu sync.Mutex
	to *oneLife
	// answered is called with each answer before it is passed on; true: it is not.
	answered func(path string) bool
}

var errNobodyHears = errors.New("the answer is kept from whoever has asked")

func newFrontDoor(t testing.TB) *frontDoor {
	t.Helper()
	f := &frontDoor{}
	through := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			to, err := url.Parse(f.address())
			if err != nil {
				t.Error(err)
				return
			}
			r.SetURL(to)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			f.mu.Lock()
			answered := f.answered
			f.mu.Unlock()
			if answered != nil && answered(r.Request.URL.Path) {
				return errNobodyHears
			}
			return nil
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
	server := httptest.NewServer(through)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	f.URL = server.URL
	return f
}

func (f *frontDoor) leadsTo(l *oneLife) { f.mu.Lock(); defer f.mu.Unlock(); f.to = l }

func (f *frontDoor) onAnswer(answered func(path string) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answered = answered
}

// address is where the program of now listens; while it is not there, nowhere.
func (f *frontDoor) address() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.to != nil {
		if address := printedAddress.FindString(f.to.out.String()); address != "" {
			return address
		}
	}
	return "http://127.0.0.1:1" // refuses at once
}
