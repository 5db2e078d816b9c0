package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestFlagsOfUsersComeLast(t *testing.T) {
	got := flags([]string{"--a=1"}, []string{"a=2", "--b=3"})
	if !reflect.DeepEqual(got, []string{"--a=1", "--a=2", "--b=3"}) {
		t.Errorf("got %v", got)
	}
}

func TestSupervisorRestartsAndStops(t *testing.T) {
	file := filepath.Join(t.TempDir(), "starts")
	var s supervisor
	// the first run ends at once, the second goes on until it is asked to stop
	s.start("child", "/bin/sh", "-c", `echo x >> "$0"; [ $(wc -l < "$0") = 2 ] && exec sleep 60; exit 1`, file)
	deadline := time.Now().Add(10 * time.Second)
	for {
		b, _ := os.ReadFile(file)
		if strings.Count(string(b), "x") == 2 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not started again: %q", b)
		}
		time.Sleep(20 * time.Millisecond)
	}
	began := time.Now()
	s.stop(5 * time.Second)
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("stopping took %s", took)
	}
	s.start("late", "/bin/sh", "-c", `echo late >> "$0"`, file)
	s.ended.Wait()
	if b, _ := os.ReadFile(file); strings.Contains(string(b), "late") {
		t.Error("a process was started after the stop")
	}
}

func TestSupervisorDoesNotWaitForTheDeaf(t *testing.T) {
	var s supervisor
	s.start("deaf", "/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done")
	time.Sleep(200 * time.Millisecond)
	began := time.Now()
	s.stop(300 * time.Millisecond)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("stopping took %s", took)
	}
	s.mu.Lock()
	for _, p := range s.running {
		_ = p.Kill()
	}
	s.mu.Unlock()
	s.ended.Wait()
}
