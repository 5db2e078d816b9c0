package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// python says which interpreter runs a program, and in what environment.
type python struct {
	path string
	env  []string
	dir  string
}

// option is one of the strings under runtime.options in Pulumi.yaml.
func option(info *pulumirpc.ProgramInfo, name string) string {
	return info.GetOptions().GetFields()[name].GetStringValue()
}

// venv is the folder that the virtualenv option names, or "".
func venv(info *pulumirpc.ProgramInfo) string {
	dir := option(info, "virtualenv")
	if dir == "" || filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(info.GetRootDirectory(), dir)
}

// checkToolchain refuses tool chains that this host cannot install with.
func checkToolchain(info *pulumirpc.ProgramInfo) error {
	if t := option(info, "toolchain"); t != "" && t != "pip" {
		return fmt.Errorf("runtime.options.toolchain is %q in Pulumi.yaml: this Python host knows \"pip\" only", t)
	}
	return nil
}

// systemPython is the interpreter outside any virtual environment.
func systemPython(environ []string) python {
	path := "python3"
	if chosen := lookup(environ, "PULUMI_PYTHON_CMD"); chosen != "" {
		path = chosen
	}
	return python{path: path, env: environ}
}

// choosePython prefers the project's virtual environment to the system's Python.
func choosePython(info *pulumirpc.ProgramInfo, environ []string) (python, error) {
	if err := checkToolchain(info); err != nil {
		return python{}, err
	}
	p := systemPython(environ)
	if dir := venv(info); dir != "" {
		p.path = filepath.Join(dir, "bin", "python")
		if _, err := os.Stat(p.path); err != nil {
			return python{}, fmt.Errorf(
				"the virtualenv option of Pulumi.yaml names %s, which has no bin/python: `pulumi install` makes it", dir)
		}
		p.env = activate(environ, dir)
	}
	p.dir = info.GetProgramDirectory()
	return p, nil
}

// activate is the environment that the virtual environment's own activate script would leave.
func activate(environ []string, dir string) []string {
	var env []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if name != "PYTHONHOME" && name != "VIRTUAL_ENV" && name != "PATH" {
			env = append(env, kv)
		}
	}
	path := filepath.Join(dir, "bin")
	if rest := lookup(environ, "PATH"); rest != "" {
		path += string(os.PathListSeparator) + rest
	}
	return append(env, "VIRTUAL_ENV="+dir, "PATH="+path)
}

// lookup finds a variable as the process would see it: the last one wins.
func lookup(environ []string, name string) (value string) {
	for _, kv := range environ {
		if n, v, ok := strings.Cut(kv, "="); ok && n == name {
			value = v
		}
	}
	return value
}

// command is a call of the interpreter that is killed with its context. Killed, not interrupted: the engine
// cancels whenever an update fails, and a traceback of the interruption would hide the failure.
func (p python) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, p.path, args...)
	c.Env, c.Dir = p.env, p.dir
	c.WaitDelay = time.Second // for what a program's own children still hold open
	return c
}

// output runs a short Python call and returns what it prints, or an error that quotes its complaint.
func (p python) output(ctx context.Context, args ...string) (string, error) {
	c := p.command(ctx, args...)
	var complaint strings.Builder
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", p.path, err, strings.TrimSpace(complaint.String()))
	}
	return string(out), nil
}
