package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// deploy does what k3s does with its manifests folder: applies every file, and again when it changes.
// It does not end.
func (n *node) deploy() {
	must(n.install())
	applied := map[string]string{}
	n.applyManifests(applied)
	// k3d writes its names into the manifest of CoreDNS once it has seen this line
	info("Cluster dns configmap has been set successfully")
	for {
		time.Sleep(2 * time.Second)
		n.applyManifests(applied)
	}
}

// install copies the manifests that come with the node. One that is there may have been changed, and stays.
func (n *node) install() error {
	shipped, err := filepath.Glob(shippedDir + "/manifests/*.yaml")
	if err != nil {
		return err
	}
	for _, f := range shipped {
		target := filepath.Join(manifestDir, filepath.Base(f))
		if _, err := os.Stat(target); err == nil || contains(n.disable, component(f)) {
			continue
		}
		content, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		if err := writeFile(target, []byte(fillIn(string(content), n.cluster)), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// component is the name by which --disable knows a manifest.
func component(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

// fillIn replaces k3s's placeholders.
func fillIn(manifest string, c clusterOptions) string {
	return strings.NewReplacer("%{CLUSTER_DNS}%", c.ClusterDNS, "%{CLUSTER_DOMAIN}%", c.ClusterDomain).Replace(manifest)
}

func isManifest(path string) bool {
	switch filepath.Ext(path) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// applyManifests applies what differs from what was applied last. What fails is tried again the next time.
func (n *node) applyManifests(applied map[string]string) {
	_ = filepath.WalkDir(manifestDir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isManifest(path) || contains(n.disable, component(path)) {
			return nil
		}
		if _, err := os.Stat(path + ".skip"); err == nil { // k3s's way to keep a file from being applied
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil || applied[path] == string(content) {
			return nil
		}
		if err := apply(content); err != nil {
			warn("Failed to process config %s: %v", path, err)
			return nil
		}
		applied[path] = string(content)
		info("Applied manifest %s", path)
		return nil
	})
}
