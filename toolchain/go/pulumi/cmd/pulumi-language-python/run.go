package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// toldUser is the launcher's exit code when it has already shown the user what went wrong.
const toldUser = 32

// Run runs a Pulumi program to its end.
func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	py, err := choosePython(req.Info, os.Environ())
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	config, err := configEnv(req)
	if err != nil {
		return nil, err
	}
	c := py.command(ctx, runArgs(h.launcher, h.engine, req)...)
	c.Env = append(c.Env, config...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	err = c.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == toldUser:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the Python program ended early: %v", err)}, nil
	}
}

// runArgs is the launcher's command line. Flags without a value are left out: the launcher has its own defaults.
func runArgs(launcher, engine string, req *pulumirpc.RunRequest) []string {
	args := []string{"-u", launcher}
	for _, f := range []struct{ name, value string }{
		{"monitor", req.MonitorAddress},
		{"engine", engine},
		{"project", req.Project},
		{"root_directory", req.Info.GetRootDirectory()},
		{"stack", req.Stack},
		{"pwd", req.Pwd},
		{"dry_run", strconv.FormatBool(req.DryRun)},
		{"parallel", strconv.Itoa(int(req.Parallel))},
		{"organization", req.Organization},
	} {
		if f.value != "" {
			args = append(args, "--"+f.name, f.value)
		}
	}
	args = append(args, req.Info.GetEntryPoint())
	return append(args, req.Args...)
}

// configEnv hands the stack's configuration over in the two variables that the SDK reads.
func configEnv(req *pulumirpc.RunRequest) ([]string, error) {
	// The SDK expects {} and [], never null, of a stack without configuration.
	config, secrets := req.Config, req.ConfigSecretKeys
	if config == nil {
		config = map[string]string{}
	}
	if secrets == nil {
		secrets = []string{}
	}
	c, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	s, err := json.Marshal(secrets)
	if err != nil {
		return nil, fmt.Errorf("writing the names of secrets: %w", err)
	}
	return []string{"PULUMI_CONFIG=" + string(c), "PULUMI_CONFIG_SECRET_KEYS=" + string(s)}, nil
}

// RunPlugin runs a plugin written in Python: a policy pack by pulumi.policy, anything else as a program.
func (h *host) RunPlugin(
	req *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	py, err := choosePython(req.Info, append(os.Environ(), req.Env...))
	if err != nil {
		return err
	}
	streams, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer func() { _ = streams.Close() }() // errors are reported by the Close at the end
	c := py.command(server.Context(), pluginArgs(req)...)
	c.Dir, c.Stdout, c.Stderr = req.Pwd, stdout, stderr
	err = c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code := &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit.ExitCode())}
		return server.Send(&pulumirpc.RunPluginResponse{Output: code})
	}
	return errors.Join(err, streams.Close())
}

func pluginArgs(req *pulumirpc.RunPluginRequest) []string {
	program := filepath.Join(req.Info.GetProgramDirectory(), req.Info.GetEntryPoint())
	if req.Kind == "analyzer" {
		args := append([]string{"-u", "-m", "pulumi.policy"}, req.Args...)
		return append(args, program)
	}
	return append([]string{"-u", program}, req.Args...)
}
