package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// findPlugins prints, a JSON line each, what installed packages say of the provider plugins they need.
const findPlugins = `import glob, json, sys
for folder in {p for p in sys.path if p.endswith("-packages")}:
    for name in glob.glob(folder + "/*/pulumi-plugin.json"):
        with open(name) as f:
            print(json.dumps(json.load(f)))`

// GetRequiredPackages names the provider plugins that the installed Python packages stand on.
func (h *host) GetRequiredPackages(
	ctx context.Context, req *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	py, err := choosePython(req.Info, os.Environ())
	if err != nil {
		return nil, err
	}
	out, err := py.output(ctx, "-c", findPlugins)
	if err != nil {
		return nil, err
	}
	packages, err := parsePlugins(out)
	return &pulumirpc.GetRequiredPackagesResponse{Packages: packages}, err
}

func parsePlugins(lines string) ([]*pulumirpc.PackageDependency, error) {
	var packages []*pulumirpc.PackageDependency
	for _, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		if line == "" {
			continue
		}
		var p struct {
			Resource              bool
			Name, Version, Server string
		}
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			return nil, fmt.Errorf("a package's pulumi-plugin.json: %w", err)
		}
		if p.Resource && p.Name != "" {
			packages = append(packages, &pulumirpc.PackageDependency{
				Kind: "resource", Name: p.Name, Version: p.Version, Server: p.Server,
			})
		}
	}
	return packages, nil
}

// GetProgramDependencies lists the installed packages, for `pulumi about`.
func (h *host) GetProgramDependencies(
	ctx context.Context, req *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	py, err := choosePython(req.Info, os.Environ())
	if err != nil {
		return nil, err
	}
	out, err := py.output(ctx, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check")
	if err != nil {
		return nil, err
	}
	return &pulumirpc.GetProgramDependenciesResponse{Dependencies: parseFreeze(out)}, nil
}

func parseFreeze(lines string) []*pulumirpc.DependencyInfo {
	var found []*pulumirpc.DependencyInfo
	for _, line := range strings.Split(lines, "\n") {
		if name, version, ok := strings.Cut(strings.TrimSpace(line), "=="); ok {
			found = append(found, &pulumirpc.DependencyInfo{Name: name, Version: version})
		}
	}
	return found
}

// About tells which interpreter the project's programs run on.
func (h *host) About(ctx context.Context, req *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	py, err := choosePython(req.Info, os.Environ())
	if err != nil {
		return nil, err
	}
	out, err := py.output(ctx, "-c", "import platform, sys; print(sys.executable); print(platform.python_version())")
	if err != nil {
		return nil, err
	}
	executable, version, _ := strings.Cut(strings.TrimSpace(out), "\n")
	return &pulumirpc.AboutResponse{Executable: executable, Version: version}, nil
}

// InstallDependencies makes the virtual environment where it is missing and installs requirements.txt into it.
func (h *host) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	if err := checkToolchain(req.Info); err != nil {
		return err
	}
	streams, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, req.IsTerminal)
	if err != nil {
		return err
	}
	defer func() { _ = streams.Close() }() // errors are reported by the Close at the end
	dir := req.Info.GetProgramDirectory()
	run := func(py python, args ...string) error {
		c := py.command(server.Context(), args...)
		c.Dir, c.Stdout, c.Stderr = dir, stdout, stderr
		return c.Run()
	}
	if env := venv(req.Info); env != "" && !exists(filepath.Join(env, "bin", "python")) {
		if err := run(systemPython(os.Environ()), "-m", "venv", env); err != nil {
			return fmt.Errorf("making the virtual environment %s: %w", env, err)
		}
	}
	if exists(filepath.Join(dir, "requirements.txt")) {
		py, err := choosePython(req.Info, os.Environ())
		if err != nil {
			return err
		}
		if err := run(py, "-m", "pip", "install", "-r", "requirements.txt"); err != nil {
			return fmt.Errorf("installing requirements.txt: %w", err)
		}
	}
	return streams.Close()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
