package chat

import "context"

type unsure struct{}

// Unsure is ctx for the request of somebody of whom his platform could not say whether he is still
// one of the company's. A report is taken from him all the same; he is shown nothing else.
func Unsure(ctx context.Context) context.Context { return context.WithValue(ctx, unsure{}, true) }

// IsUnsure reports whether ctx is that of such a request.
func IsUnsure(ctx context.Context) bool { return ctx.Value(unsure{}) != nil }
