// What create has beyond run: the init comes as far as "created", says so, and waits for start at a socket in the
// container's state directory, which only the host's root can reach.
#include "kernel/kabi.hpp"
#include "runtime/command_path.hpp"
#include "runtime/compiler.hpp"

#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace phial::runtime {

void add_start_socket_steps(Compiler& c, const Request& request) {
  if (!request.wait_for_start)
    return;
  c.step(Section::host, [&] {
    return StepText{"make the socket that start comes to", "the container is created now and started later"};
  });
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, "start", sizeof "start"); // relative: the directory's path may be longer than this
  c.listener = c.b.slot("start");
  c.b.call(SYS_socket, {AF_UNIX, SOCK_SEQPACKET, 0}).into(c.listener);
  c.b.call(SYS_chdir, {c.b.text(request.state_directory)});
  c.b.call(SYS_bind,
           {c.listener, c.b.object(address), static_cast<unsigned>(offsetof(sockaddr_un, sun_path) + sizeof "start")});
  c.b.call(SYS_listen, {c.listener, 8});
  c.b.call(SYS_chdir, {c.b.text(request.bundle)});
}

namespace {

// As the process's user, in its root. The errno of the last candidate is the failure's, as with execve.
void look_for_command(Compiler& c, const spec::Process& process) {
  c.step(Section::init, [&] {
    return StepText{"see whether " + process.args[0] + " is there and may be executed", c.why("process.args"),
                    "a container that could not be started is not created"};
  });
  program::Label found;
  std::vector<std::string> paths = command_candidates(process.args[0], search_path(process.env));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    c.b.call(SYS_faccessat2, {AT_FDCWD, c.b.text(paths[i]), X_OK, AT_EACCESS});
    if (i + 1 == paths.size())
      break;
    program::Label next;
    c.b.elsewhere(next);
    c.b.jump(found);
    c.b.place(next);
  }
  c.b.place(found);
}

} // namespace

void add_created_steps(Compiler& c, const Request& request) {
  if (!request.wait_for_start)
    return;
  if (request.spec->process && !request.spec->process->args.empty())
    look_for_command(c, *request.spec->process);
  c.step(Section::beside, [&] {
    return StepText{"wait until the container is created", "create returns when everything but its program is there"};
  });
  c.b.add(Op::wait, {c.host_sync, 'c'});
  c.step(Section::init,
         [&] { return StepText{"tell the host that the container is created", "all but its program is there"}; });
  c.b.add(Op::post, {c.sync, 'c'});
  c.step(Section::start,
         [&] { return StepText{"wait for start", "the container has been created and not yet started"}; });
  c.b.add(Op::await_start, {c.listener});
}

} // namespace phial::runtime
