// bare ROOTFS NAME HIERARCHY...: the kernel objects of runc's default bundle with nothing around them, and /bin/true in
// it: what any runtime has to pay. Cgroups in the given hierarchies (mount points; "2:" before that of version 2 where
// it is the only one), namespaces, mounts, devices, pivot_root, exec; nothing is read, checked, recorded or explained.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kHierarchies = 32, kPath = 512 };
static const char* root;
static char cgroups[kHierarchies][kPath];
static int count;
static int version = 1;
static char stack[65536] __attribute__((aligned(16)));

static void need(long result, const char* what) {
  if (result >= 0)
    return;
  perror(what);
  _exit(1);
}

static void write_to(const char* directory, const char* file, const char* text) {
  char path[kPath * 2];
  snprintf(path, sizeof path, "%s/%s", directory, file);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  need(fd, path);
  need(write(fd, text, strlen(text)), path);
  close(fd);
}

static int ends_with(const char* text, const char* tail) {
  size_t n = strlen(text), m = strlen(tail);
  return n >= m && strcmp(text + n - m, tail) == 0;
}

static void make_cgroups(const char* name, char** hierarchies) {
  if (strncmp(hierarchies[0], "2:", 2) == 0) {
    version = 2;
    hierarchies[0] += 2;
  }
  for (; hierarchies[count] != NULL && count < kHierarchies; ++count) {
    char parent[kPath / 2];
    snprintf(parent, sizeof parent, "%s/phial-bare", hierarchies[count]);
    if (mkdir(parent, 0755) == 0 && ends_with(hierarchies[count], "/cpuset")) {
      write_to(parent, "cpuset.cpus", "0");
      write_to(parent, "cpuset.mems", "0");
      write_to(parent, "cgroup.clone_children", "1");
    }
    snprintf(cgroups[count], kPath, "%s/%s", parent, name);
    need(mkdir(cgroups[count], 0755), cgroups[count]);
    if (!ends_with(hierarchies[count], "/devices"))
      continue;
    static const char* rules[] = {"c *:* m",   "b *:* m",   "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",  "c 1:8 rwm",
                                  "c 1:9 rwm", "c 5:0 rwm", "c 5:1 rwm", "c 5:2 rwm", "c 136:* rwm"};
    write_to(cgroups[count], "devices.deny", "a");
    for (unsigned i = 0; i < sizeof rules / sizeof *rules; ++i)
      write_to(cgroups[count], "devices.allow", rules[i]);
  }
}

static void join_cgroups(void) {
  for (int i = 0; i < count; ++i)
    write_to(cgroups[i], version == 2 ? "cgroup.procs" : "tasks", "0");
}

static void put(const char* type, const char* at, unsigned long flags, const char* data) {
  need(mount(type, at, type, flags, data), at);
}

static void mount_all(void) {
  const unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
  need(mount(root, root, NULL, MS_BIND | MS_REC, NULL), root);
  need(chdir(root), root);
  put("proc", "proc", 0, NULL);
  put("tmpfs", "dev", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
  need(mkdir("dev/pts", 0755) | mkdir("dev/shm", 0755) | mkdir("dev/mqueue", 0755), "mkdir in dev");
  put("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5");
  put("tmpfs", "dev/shm", safe, "mode=1777,size=65536k");
  put("mqueue", "dev/mqueue", safe, NULL);
  put("sysfs", "sys", safe | MS_RDONLY, NULL);
  if (version == 2) {
    need(unshare(CLONE_NEWCGROUP), "unshare");
    return put("cgroup2", "sys/fs/cgroup", safe | MS_RDONLY, NULL);
  }
  put("tmpfs", "sys/fs/cgroup", safe, "mode=755");
  for (int i = 0; i < count; ++i) {
    char at[kPath] = "sys/fs/cgroup/";
    const char* label = cgroups[i] + strlen("/sys/fs/cgroup/");
    strncat(at, label, strcspn(label, "/"));
    need(mkdir(at, 0755), at);
    need(mount(cgroups[i], at, NULL, MS_BIND, NULL), at);
    need(mount(NULL, at, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | safe, NULL), at);
  }
  need(mount(NULL, "sys/fs/cgroup", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | safe, NULL), "sys/fs/cgroup");
}

static void make_devices(void) {
  static const struct {
    const char* name;
    int major, minor;
  } nodes[] = {{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
               {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
  static const char* links[][2] = {{"/proc/self/fd", "dev/fd"},       {"/proc/self/fd/0", "dev/stdin"},
                                   {"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"},
                                   {"pts/ptmx", "dev/ptmx"},          {"/proc/kcore", "dev/core"}};
  for (unsigned i = 0; i < sizeof nodes / sizeof *nodes; ++i)
    need(mknod(nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), nodes[i].name);
  for (unsigned i = 0; i < sizeof links / sizeof *links; ++i)
    need(symlink(links[i][0], links[i][1]), links[i][1]);
}

static void cover_paths(void) {
  static const char* read_only[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
  static const char* hidden[] = {"proc/acpi",          "proc/asound",     "proc/kcore",       "proc/keys",
                                 "proc/latency_stats", "proc/timer_list", "proc/timer_stats", "proc/sched_debug",
                                 "sys/firmware",       "proc/scsi"};
  for (unsigned i = 0; i < sizeof read_only / sizeof *read_only; ++i)
    if (mount(read_only[i], read_only[i], NULL, MS_BIND | MS_REC, NULL) == 0)
      need(mount(NULL, read_only[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), read_only[i]);
  for (unsigned i = 0; i < sizeof hidden / sizeof *hidden; ++i)
    if (mount("/dev/null", hidden[i], NULL, MS_BIND, NULL) != 0 && errno == ENOTDIR)
      put("tmpfs", hidden[i], MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static void set_lo_up(void) {
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  need(fd, "socket");
  need(ioctl(fd, SIOCSIFFLAGS, &request), "lo");
  close(fd);
}

static int contained(void* unused) {
  (void)unused;
  static char* argv[] = {"/bin/true", NULL};
  static char* envp[] = {"PATH=/bin", NULL};
  struct rlimit files = {1024, 1024};
  join_cgroups();
  umask(0);
  mount_all();
  make_devices();
  cover_paths();
  need(sethostname("bare", 4), "sethostname");
  set_lo_up();
  need(mount(NULL, root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "read-only root");
  need(chdir(root), root);
  need(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  need(umount2(".", MNT_DETACH), "umount2");
  need(chdir("/"), "/");
  need(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
  (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "bare");
  setsid();
  execve(argv[0], argv, envp);
  return 127;
}

int main(int argc, char** argv) {
  if (argc < 4)
    return 2;
  root = argv[1];
  make_cgroups(argv[2], argv + 3);
  int flags =
      CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_VM | CLONE_VFORK | SIGCHLD;
  pid_t pid = clone(contained, stack + sizeof stack, flags, NULL);
  need(pid, "clone");
  int status = 0;
  need(waitpid(pid, &status, 0), "waitpid");
  while (count > 0)
    rmdir(cgroups[--count]);
  return WEXITSTATUS(status);
}
