package main

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

func project(t *testing.T, options map[string]any) *pulumirpc.ProgramInfo {
	t.Helper()
	o, err := structpb.NewStruct(options)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.ProgramInfo{
		RootDirectory: t.TempDir(), ProgramDirectory: "/project/infra", EntryPoint: ".", Options: o,
	}
}

// fakeVenv is a folder whose bin/python reports its arguments and what it inherits.
func fakeVenv(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho args=$* venv=$VIRTUAL_ENV home=${PYTHONHOME-unset}\n"
	if err := os.WriteFile(filepath.Join(dir, "bin", "python"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestVenv(t *testing.T) {
	relative := project(t, map[string]any{"virtualenv": ".venv"})
	for name, c := range map[string]struct {
		info *pulumirpc.ProgramInfo
		want string
	}{
		"no project":   {nil, ""},
		"no options":   {&pulumirpc.ProgramInfo{RootDirectory: "/project"}, ""},
		"not named":    {project(t, map[string]any{"toolchain": "pip"}), ""},
		"relative":     {relative, filepath.Join(relative.RootDirectory, ".venv")},
		"absolute":     {project(t, map[string]any{"virtualenv": "/opt/venv"}), "/opt/venv"},
		"not a string": {project(t, map[string]any{"virtualenv": 3}), ""},
	} {
		if got := venv(c.info); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestChoosePythonOutsideAVenv(t *testing.T) {
	info := project(t, map[string]any{})
	for want, environ := range map[string][]string{
		"python3":            {"PATH=/bin"},
		"/opt/python3.12":    {"PULUMI_PYTHON_CMD=/opt/python3.12"},
		"/opt/second/python": {"PULUMI_PYTHON_CMD=/opt/first/python", "PULUMI_PYTHON_CMD=/opt/second/python"},
	} {
		py, err := choosePython(info, environ)
		if err != nil || py.path != want || py.dir != "/project/infra" || !reflect.DeepEqual(py.env, environ) {
			t.Errorf("%v: got %+v, %v", environ, py, err)
		}
	}
}

func TestChoosePythonInsideAVenv(t *testing.T) {
	info := project(t, map[string]any{"virtualenv": ".venv", "toolchain": "pip"})
	dir := filepath.Join(info.RootDirectory, ".venv")
	fakeVenv(t, dir)
	info.ProgramDirectory = info.RootDirectory
	py, err := choosePython(info, []string{"PATH=/bin:/usr/bin", "PYTHONHOME=/old", "VIRTUAL_ENV=/old", "KEPT=1"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"KEPT=1", "VIRTUAL_ENV=" + dir, "PATH=" + dir + "/bin:/bin:/usr/bin"}
	if !reflect.DeepEqual(py.env, want) {
		t.Errorf("environment: got %v, want %v", py.env, want)
	}
	out, err := py.output(context.Background(), "-m", "x")
	if err != nil || out != "args=-m x venv="+dir+" home=unset\n" {
		t.Errorf("running it: %q, %v", out, err)
	}
}

func TestMissingVenvSaysWhatToDo(t *testing.T) {
	_, err := choosePython(project(t, map[string]any{"virtualenv": "nowhere"}), nil)
	if err == nil || !strings.Contains(err.Error(), "nowhere") || !strings.Contains(err.Error(), "pulumi install") {
		t.Errorf("got %v", err)
	}
}

func TestOtherToolchainsAreRefused(t *testing.T) {
	_, err := choosePython(project(t, map[string]any{"toolchain": "poetry"}), nil)
	if err == nil || !strings.Contains(err.Error(), `"poetry"`) || !strings.Contains(err.Error(), `"pip"`) {
		t.Errorf("got %v", err)
	}
}

func TestOutputQuotesTheComplaint(t *testing.T) {
	_, err := python{path: "/bin/sh"}.output(context.Background(), "-c", "echo no such module >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "no such module") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("got %v", err)
	}
}

func TestRunArgs(t *testing.T) {
	got := runArgs("/bin/launcher", "127.0.0.1:1", &pulumirpc.RunRequest{
		Project: "alphintra", Stack: "dev", Pwd: "/project", MonitorAddress: "127.0.0.1:2", DryRun: true, Parallel: 16,
		Info: &pulumirpc.ProgramInfo{RootDirectory: "/project", EntryPoint: "."}, Args: []string{"extra"},
	})
	want := strings.Fields("-u /bin/launcher --monitor 127.0.0.1:2 --engine 127.0.0.1:1 --project alphintra " +
		"--root_directory /project --stack dev --pwd /project --dry_run true --parallel 16 . extra")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestConfigEnv(t *testing.T) {
	for name, c := range map[string]struct {
		req  *pulumirpc.RunRequest
		want []string
	}{
		"none": {&pulumirpc.RunRequest{}, []string{"PULUMI_CONFIG={}", "PULUMI_CONFIG_SECRET_KEYS=[]"}},
		"some": {
			&pulumirpc.RunRequest{Config: map[string]string{"alphintra:target": "local"}, ConfigSecretKeys: []string{"alphintra:key"}},
			[]string{`PULUMI_CONFIG={"alphintra:target":"local"}`, `PULUMI_CONFIG_SECRET_KEYS=["alphintra:key"]`},
		},
	} {
		got, err := configEnv(c.req)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestPluginArgs(t *testing.T) {
	info := &pulumirpc.ProgramInfo{ProgramDirectory: "/policy", EntryPoint: "."}
	for kind, want := range map[string]string{
		"analyzer": "-u -m pulumi.policy 127.0.0.1:1 /policy",
		"resource": "-u /policy 127.0.0.1:1",
	} {
		got := pluginArgs(&pulumirpc.RunPluginRequest{Kind: kind, Info: info, Args: []string{"127.0.0.1:1"}})
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v", kind, got)
		}
	}
}

func TestParsePlugins(t *testing.T) {
	got, err := parsePlugins(`{"resource": true, "name": "docker", "version": "4.5.8"}
{"resource": false, "name": "policy"}
{"resource": true, "name": "own", "version": "1.0.0", "server": "https://example.invalid"}
`)
	if err != nil || len(got) != 2 {
		t.Fatalf("got %v, %v", got, err)
	}
	if got[0].Name != "docker" || got[0].Version != "4.5.8" || got[0].Kind != "resource" {
		t.Errorf("got %v", got[0])
	}
	if got[1].Server != "https://example.invalid" {
		t.Errorf("got %v", got[1])
	}
	if got, err := parsePlugins(""); err != nil || got != nil {
		t.Errorf("of nothing: %v, %v", got, err)
	}
	if _, err := parsePlugins("not JSON"); err == nil {
		t.Error("a broken pulumi-plugin.json passed")
	}
}

func TestParseFreeze(t *testing.T) {
	got := parseFreeze("grpcio==1.66.0\n-e /work/own\npulumi==3.255.0\r\n")
	if len(got) != 2 || got[0].Name != "grpcio" || got[1].Name != "pulumi" || got[1].Version != "3.255.0" {
		t.Errorf("got %v", got)
	}
}

func TestCancelledProgramsDieInSilence(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := python{path: "/bin/sh"}.command(ctx, "-c", "trap 'echo interrupted; exit' INT TERM; echo ready; while :; do sleep 0.1; done")
	var out lockedBuffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for out.String() == "" {
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := c.Wait(); err == nil {
		t.Error("a cancelled program ended well")
	}
	if out.String() != "ready\n" {
		t.Errorf("it printed %q", out.String())
	}
}

// lockedBuffer can be read while a process writes to it.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
