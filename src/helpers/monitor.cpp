// phial-monitor: stays with one run of one container. It is the parent of the container's first process: it runs the
// program that makes it, relays and logs its output, waits for it, writes down how it ended, undoes the program, and
// for --rm removes the container. It outlives whoever started it and needs nobody.
//
// engine/launch.cpp starts it with every signal as the kernel makes it: the container's first process inherits that.
//
// It is small on purpose: no JSON, no archives, nothing but the base and program rooms and the few files of the engine
// that say so. What it is told stands in engine/monitor_order.hpp.
#include "helpers/monitor_run.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc != 3) {
    const std::string_view usage = "phial-monitor is started by phial; it has no use of its own.\n";
    (void)phial::write_all(STDERR_FILENO, usage);
    return 2;
  }
  // The program's modes are meant: the container's users read their own cgroup. What is ours says 0600 itself.
  ::umask(0022);
  using namespace phial::engine;
  // kMonitorProcessFd is for the init, which joins the namespaces of that process.
  for (int fd : {kMonitorClientFd, kMonitorLockFd, kMonitorAliveFd})
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  phial::helpers::Run run(argv[1], argv[2]);
  phial::Result<> done = run.all();
  if (!done) {
    (void)phial::write_all(STDERR_FILENO, "phial-monitor: " + done.error().text() + "\n");
    return 1;
  }
  return 0;
}
