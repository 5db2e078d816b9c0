// Command pulumi-language-python lets the Pulumi engine run Python programs.
//
// Pulumi keeps its own Python host in a module that cannot be built by its
// published version, so this is a small host of the project's own, written
// against the same SDK version as the engine beside it. It does what Pulumi
// programs, dynamic providers, policy packs and the Automation API need; it
// generates no code, and of Python tool chains it knows pip alone.
//
// The engine starts it with its own address as the one argument, reads the
// port from the first line of standard output, and speaks gRPC to it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// version is set when linking.
var version = "0.0.0-dev"

// launcher is the script, shipped with the SDK, that prepares the Python runtime and runs the program.
const launcher = "pulumi-language-python-exec"

// engineGone is how long the engine may be silent before the host ends by itself.
const engineGone = 5 * time.Minute

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine   string // the engine's address
	launcher string
}

func main() {
	// The engine passes these two; the host has no use for them but must accept them.
	flag.String("tracing", "", "where to send traces (ignored)")
	flag.String("root", "", "the project's root folder (each request names it)")
	flag.Parse()
	if err := serve(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-python:", err)
		os.Exit(1)
	}
}

func serve(engine string) error {
	path, err := exec.LookPath(launcher)
	if err != nil {
		return fmt.Errorf("%s must be on PATH, beside the language host: %w", launcher, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if engine != "" {
		if err := rpcutil.Healthcheck(ctx, engine, engineGone, stop); err != nil {
			return fmt.Errorf("watching the engine at %s: %w", engine, err)
		}
	}
	cancel := make(chan bool)
	go func() {
		<-ctx.Done()
		close(cancel)
	}()
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(s, &host{engine: engine, launcher: path})
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return err
	}
	fmt.Println(server.Port)
	return <-server.Done
}

func (h *host) Handshake(
	_ context.Context, req *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	if h.engine == "" {
		h.engine = req.GetEngineAddress()
	}
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

func (h *host) RuntimeOptionsPrompts(
	context.Context, *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}
