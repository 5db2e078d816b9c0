package main

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// supervisor keeps child processes running until it is told to stop them.
type supervisor struct {
	mu       sync.Mutex
	running  map[string]*os.Process
	stopping bool
	ended    sync.WaitGroup
}

const (
	quick      = 5 * time.Second // a component that ends sooner than this has not really started
	quickLimit = 6               // so many times in a row: it never will
)

// start runs path under the given name and again whenever it ends. Of this node's own binary the name is the command.
func (s *supervisor) start(name, path string, args ...string) {
	info("Running %s %s", name, strings.Join(args, " "))
	s.ended.Add(1)
	go func() {
		defer s.ended.Done()
		for failures := 0; ; {
			began := time.Now()
			stopping, err := s.once(name, path, args)
			if stopping {
				return
			}
			failures++
			if time.Since(began) > quick {
				failures = 1
			}
			if failures == quickLimit {
				fatal("%s does not stay up (%v): its own lines above say why", name, err)
			}
			warn("%s ended (%v), starting it again", name, err)
			time.Sleep(time.Second)
		}
	}()
}

// once runs the process to its end; stopping says that no other is wanted.
func (s *supervisor) once(name, path string, args []string) (stopping bool, err error) {
	c := &exec.Cmd{Path: path, Args: append([]string{name}, args...), Stdout: os.Stdout, Stderr: os.Stdout}
	s.mu.Lock()
	if s.stopping {
		s.mu.Unlock()
		return true, nil
	}
	if err = c.Start(); err == nil {
		if s.running == nil {
			s.running = map[string]*os.Process{}
		}
		s.running[name] = c.Process
	}
	s.mu.Unlock()
	if err == nil {
		err = c.Wait()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, name)
	return s.stopping, err
}

// stop asks all children to end and waits for them, but not longer than limit.
func (s *supervisor) stop(limit time.Duration) {
	s.mu.Lock()
	s.stopping = true
	for _, p := range s.running {
		_ = p.Signal(syscall.SIGTERM)
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.ended.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
		warn("Some components did not stop within %s", limit)
	}
}

// flags adds a user's name=value arguments, with which they override ours, to a component's own.
func flags(own, users []string) []string {
	for _, u := range users {
		own = append(own, "--"+strings.TrimLeft(u, "-"))
	}
	return own
}
