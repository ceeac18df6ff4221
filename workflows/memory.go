package workflows

import "context"

// Memories keep what front ends remember over restarts, each under its own name.
type Memories interface {
	// Recall gives what was remembered under a name; nil: nothing was.
	Recall(ctx context.Context, frontend, name string) ([]byte, error)
	// Remember keeps a value in the place of the one before; nil forgets it.
	Remember(ctx context.Context, frontend, name string, value []byte) error
	// AllRemembered gives everything whose name begins so.
	AllRemembered(ctx context.Context, frontend, prefix string) (map[string][]byte, error)
}

// Memory is what one front end remembers.
type Memory struct {
	store    Memories
	frontend string
}

// Memory gives the memory of a front end.
func (s *Service) Memory(frontend string) Memory { return Memory{s.store, frontend} }

// Recall gives what was remembered under a name; nil: nothing was.
func (m Memory) Recall(ctx context.Context, name string) ([]byte, error) {
	return m.store.Recall(ctx, m.frontend, name)
}

// Remember keeps a value under a name, in the place of the one before; nil forgets it.
func (m Memory) Remember(ctx context.Context, name string, value []byte) error {
	return m.store.Remember(ctx, m.frontend, name, value)
}

// All gives everything whose name begins so.
func (m Memory) All(ctx context.Context, prefix string) (map[string][]byte, error) {
	return m.store.AllRemembered(ctx, m.frontend, prefix)
}
