package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// k3d and people read k3s's log lines, so these have their form.

func logLine(level, message string) {
	fmt.Printf("time=%q level=%s msg=%q\n", time.Now().UTC().Format(time.RFC3339), level, message)
}

func info(format string, a ...any) { logLine("info", fmt.Sprintf(format, a...)) }

func warn(format string, a ...any) { logLine("warning", fmt.Sprintf(format, a...)) }

// fatal ends the node: whatever it is, trying again here would not help.
func fatal(format string, a ...any) {
	logLine("fatal", fmt.Sprintf(format, a...))
	// k3d's entry point would wait for ever for a node that is gone. It has to end too, so that
	// the container does, and k3d, which looks for that, shows the line above and not a timeout.
	if parent := os.Getppid(); isEntrypoint(parent) {
		_ = syscall.Kill(parent, syscall.SIGKILL)
	}
	os.Exit(1)
}

func isEntrypoint(pid int) bool {
	commandLine, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && strings.Contains(string(commandLine), "/k3d-entrypoint")
}

func must(err error) {
	if err != nil {
		fatal("%v", err)
	}
}

// retry tries until it succeeds, and says from time to time what it is waiting for.
func retry(what string, try func() error) {
	const pause, reportEvery = 250 * time.Millisecond, 40
	for attempt := 1; ; attempt++ {
		err := try()
		if err == nil {
			return
		}
		if attempt%reportEvery == 0 {
			info("Waiting for %s: %v", what, err)
		}
		time.Sleep(pause)
	}
}
