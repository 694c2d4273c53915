// SPDX-License-Identifier: GPL-2.0-or-later

package conntrack

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const inside = "CONNTRACK_GO_TEST_INSIDE"

// TestMain runs the tests again in a network namespace of their own: no test reaches the machine's table.
func TestMain(m *testing.M) {
	if os.Getenv(inside) != "" {
		entriesHaveEvents()
		os.Exit(m.Run())
	}
	command := exec.Command("/proc/self/exe", os.Args[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Env = append(os.Environ(), inside+"=1")
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		command.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		command.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		command.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	if err := command.Run(); err != nil {
		os.Stderr.WriteString("conntrack tests: " + err.Error() + "\n")
		os.Exit(1)
	}
}

// entriesHaveEvents sets the namespace of the thread so that each new entry has events. As Linux is set up, one that is made
// while a program of another namespace stops listening can have none, whoever listens here.
func entriesHaveEvents() {
	// Only root of the namespace can set it, and the kernel may lack events.
	_ = os.WriteFile("/proc/sys/net/netfilter/nf_conntrack_events", []byte("1"), 0)
}

// TestLibrary holds which library is loaded: that of EXPECT_LIBRARY, or none in a static program.
func TestLibrary(t *testing.T) {
	expected := os.Getenv("EXPECT_LIBRARY")
	if expected == "" {
		t.Skip("EXPECT_LIBRARY names no library")
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(maps), "\n") {
		if strings.Contains(line, "libnetfilter_conntrack") && !strings.Contains(line, expected) {
			t.Errorf("loaded: %s", line)
		}
	}
	if expected != "none" && !strings.Contains(string(maps), expected) {
		t.Errorf("%s is not loaded", expected)
	}
}

var ctx = context.Background()

// ceiling is how long a test waits for something that comes at once on a healthy machine.
const ceiling = 60 * time.Second

// opened is a connection to an empty table.
func opened(t testing.TB) *Conn {
	t.Helper()
	c, err := Open(Options{})
	must(t, err)
	must(t, c.Flush(ctx))
	t.Cleanup(func() { c.Close() })
	// Before Linux 6.17 a list that has ended early keeps its last entry until the kernel has freed the list's socket.
	for deadline := time.Now().Add(ceiling); ; time.Sleep(time.Millisecond) {
		count, err := c.Count(ctx, Filter{})
		must(t, err)
		if count == 0 {
			return c
		}
		if time.Now().After(deadline) {
			t.Fatal(count)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func udp(number int) *Flow {
	source := netip.AddrFrom4([4]byte{10, byte(number >> 16), byte(number >> 8), byte(number)})
	return &Flow{Proto: UDP, Timeout: 10 * time.Minute,
		Orig: Tuple{Src: source, Dst: netip.MustParseAddr("192.0.2.2"), SrcPort: 1000, DstPort: 53}}
}

func tcp6(port uint16) *Flow {
	return &Flow{Proto: TCP, TCPState: StateEstablished, Timeout: time.Hour, Mark: 7, Status: SeenReply | Assured,
		Orig: Tuple{Src: netip.MustParseAddr("fd00::1"), Dst: netip.MustParseAddr("fd00::2"), SrcPort: port, DstPort: 443}}
}

func fill(t testing.TB, c *Conn, count int) {
	t.Helper()
	for i := 0; i < count; i++ {
		must(t, c.Create(ctx, udp(i)))
	}
}

func all(t testing.TB, c *Conn, filter Filter) (flows []*Flow) {
	t.Helper()
	must(t, c.List(ctx, filter, func(flow *Flow) error {
		flows = append(flows, flow)
		return nil
	}))
	return flows
}
