// start: one byte to the init that waits, and its end of the connection tells when it has become the program.
#include "base/file.hpp"
#include "kernel/process.hpp"
#include "program/failure.hpp"
#include "program/host.hpp"
#include "program/journal_report.hpp"
#include "program/link.hpp"
#include "runtime/lifecycle/make.hpp"
#include "runtime/lifecycle/operations.hpp"
#include "runtime/lifecycle/state_directory.hpp"
#include "runtime/lifecycle/stored.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace phial::runtime {

namespace {

Result<> check_created(const Container& container) {
  switch (container.status) {
  case Status::created: return {};
  case Status::stopped: return fail(Kind::state, "cannot start a container that has stopped");
  case Status::creating: return fail(Kind::state, "cannot start a container that is still being created");
  default: return fail(Kind::state, "cannot start an already running container");
  }
}

// By way of the directory's descriptor, for the path may be longer than a socket's can be.
Result<Fd> connect_to(const Fd& state) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = "/proc/self/fd/" + std::to_string(state.get()) + "/start";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Fd out(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!out)
    return fail_call("socket", "");
  if (::connect(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_call("connect", "the container's start socket");
  return out;
}

Result<Fd> release(const Fd& state) {
  Fd socket = TRY(connect_to(state));
  char byte = 's';
  if (::send(socket.get(), &byte, 1, MSG_NOSIGNAL) != 1)
    return fail_call("send", "the container's start socket");
  return socket;
}

struct Waiting {
  Stored stored;
  program::Loaded run;
};

Result<Waiting> load_waiting(const std::string& path, const Container& container) {
  Waiting out;
  out.stored = TRY(read_stored(path));
  out.run = TRY(program::reload_image(out.stored.image(), TRY(open_at(AT_FDCWD, path + "/journal", O_RDWR))));
  out.run.set_slot(out.run.machine().image->pid_slot, static_cast<std::uint64_t>(container.record.pid));
  return out;
}

// A poststart hook that fails ends the container (runtime.md, "Lifecycle", step 9); an init that failed is ending, and
// has ended when we say so.
void end(const Container& container) {
  (void)kernel::send_signal(container.process.get(), SIGKILL);
  (void)kernel::wait_for_end(container.process.get(), -1);
}

Error why(Waiting& waiting, const std::string& root, const Container& container) {
  Result<program::Program> program = program::read_linked(waiting.stored.image());
  Result<spec::Spec> spec = stored_spec(root, container.record.id);
  if (!program || !spec)
    return !program ? std::move(program).error() : std::move(spec).error();
  return failure_of(*program, waiting.run, *spec, container.record.rootfs);
}

} // namespace

Result<> start_container(const std::string& root, const std::string& id) {
  TRY(check_id(id));
  Fd lock = TRY(lock_state(root, id));
  Container container = TRY(find_container(root, id));
  if (Result<> created = check_created(container); !created) {
    Result<Waiting> ended = load_waiting(state_path(root, id), container);
    if (container.status == Status::stopped && ended && ended->run.machine().journal->failed != 0)
      return std::unexpected(while_doing(why(*ended, root, container), std::move(created).error().message));
    return created;
  }
  Waiting waiting = TRY(load_waiting(state_path(root, id), container));
  Result<> executed = waiting.run.await_exec(TRY(release(lock)));
  if (executed)
    (void)waiting.run.run(program::Section::started);
  bool failed = waiting.run.machine().journal->failed != 0;
  if (executed && !failed)
    return {};
  end(container);
  return failed ? std::unexpected(why(waiting, root, container)) : executed;
}

} // namespace phial::runtime
