// While it runs, and its end: stop, kill, pause, wait, rename, remove, logs.
#include "base/file.hpp"
#include "base/removal.hpp"
#include "engine/containers.hpp"
#include "engine/ids.hpp"
#include "engine/log_reader.hpp"
#include "engine/process.hpp"
#include "engine/recovery.hpp"
#include "engine/wire.hpp"
#include "kernel/signals.hpp"
#include "runtime/freezer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

namespace phial::engine {

namespace {

constexpr int kMonitorPatience = 10'000; // milliseconds a monitor may take to clean up

std::unexpected<Error> not_running(const Container& container) {
  return fail(Kind::state, "container " + container.name + " is not running",
              "it is " + std::string(status_name(container.status)) + "; `phial start " + container.name +
                  "` starts it");
}

// After the container's first process has ended: until its monitor has written everything down. A monitor that is
// stopped or stuck is ended, and the next command mends what it left.
Result<> await_monitor(const Container& container) {
  Fd monitor = TRY(open_monitor(container.running));
  if (!monitor || TRY(wait_for_end(monitor.get(), kMonitorPatience)))
    return {};
  TRY(send_signal(monitor.get(), SIGKILL));
  (void)TRY(wait_for_end(monitor.get(), kMonitorPatience));
  return {};
}

void thaw(const Container& container) {
  if (runtime::is_frozen(container.cgroup))
    (void)runtime::set_frozen(container.cgroup, false);
}

// Under the container's lock, or for a container that nobody can start meanwhile.
Result<> clean_up(const Engine& engine, const Container& container) {
  TRY(await_monitor(container));
  Result<Fd> lock = lock_container(engine, container.record.id);
  if (!lock) // --rm: the monitor has removed it
    return lock.error().kind == Kind::not_found ? Result<>() : std::unexpected(std::move(lock).error());
  Result<Container> now = load(engine, container.record.id, container.name);
  if (now && !now->is_running())
    return heal(engine, container.record.id);
  return {};
}

} // namespace

Result<> stop(const Engine& engine, std::string_view reference, std::optional<std::int64_t> timeout,
              std::string_view signal) {
  Container container = TRY(find(engine, reference));
  int number = TRY(kernel::parse_signal(signal.empty() ? std::string_view(container.record.stop_signal) : signal));
  if (!container.is_running())
    return {};
  Fd process = TRY(open_container_process(container.running));
  if (process) {
    TRY(send_signal(process.get(), number));
    thaw(container);
    std::int64_t seconds = timeout.value_or(container.record.stop_timeout);
    int patience = seconds < 0 ? -1 : static_cast<int>(std::min<std::int64_t>(seconds, 2'000'000) * 1000);
    if (!TRY(wait_for_end(process.get(), patience))) {
      TRY(send_signal(process.get(), SIGKILL));
      (void)TRY(wait_for_end(process.get(), -1));
    }
  }
  return clean_up(engine, container);
}

Result<> kill(const Engine& engine, std::string_view reference, int signal) {
  Container container = TRY(find(engine, reference));
  if (!container.is_running())
    return not_running(container);
  Fd process = TRY(open_container_process(container.running));
  if (!process || has_ended(process.get()))
    return not_running(container);
  TRY(send_signal(process.get(), signal));
  if (signal != SIGKILL)
    return {};
  thaw(container);
  (void)TRY(wait_for_end(process.get(), -1));
  return clean_up(engine, container);
}

Result<> pause(const Engine& engine, std::string_view reference) {
  Container container = TRY(find(engine, reference));
  if (container.status == Status::paused)
    return fail(Kind::state, "container " + container.name + " is already paused");
  if (!container.is_running())
    return not_running(container);
  return runtime::set_frozen(container.cgroup, true);
}

Result<> unpause(const Engine& engine, std::string_view reference) {
  Container container = TRY(find(engine, reference));
  if (container.status != Status::paused)
    return fail(Kind::state, "container " + container.name + " is not paused");
  return runtime::set_frozen(container.cgroup, false);
}

namespace {

// The monitor's last word; nullopt where it went without one.
Result<std::optional<int>> hear_exit(int socket) {
  std::uint8_t wants = wire::kWantExit;
  if (!wire::send(socket, wire::Type::hello, wire::bytes_of(wants)))
    return std::optional<int>();
  std::vector<char> buffer(wire::kPacket);
  for (;;) {
    pollfd wait{socket, POLLIN, 0};
    if (::poll(&wait, 1, -1) < 0 && errno != EINTR)
      return fail_call("poll", "");
    wire::Message message;
    wire::Got got = wire::receive(socket, buffer, message);
    if (got == wire::Got::failed)
      return fail_call("recv", "the container's monitor");
    if (got == wire::Got::end)
      return std::optional<int>();
    if (got == wire::Got::message && message.type == wire::Type::exited)
      return std::optional<int>(wire::value_of<std::int32_t>(message.bytes));
  }
}

} // namespace

Result<std::optional<int>> wait(const Engine& engine, std::string_view reference) {
  Container container = TRY(find(engine, reference));
  const std::string& id = container.record.id;
  // While somebody starts it he holds the lock: behind that the monitor listens.
  {
    Fd lock = TRY(lock_container(engine, id));
  }
  container = TRY(load(engine, id, container.name));
  if (!container.is_running())
    return container.exit_code;
  if (Result<Fd> socket = wire::connect_to(places(engine, id).state, "attach"))
    if (auto code = TRY(hear_exit(socket->get())))
      return code;
  // No monitor, or one that has just gone: the process itself, then what is written down.
  if (Fd process = TRY(open_container_process(container.running)))
    (void)TRY(wait_for_end(process.get(), -1));
  TRY(await_monitor(container));
  Result<Container> now = load(engine, id, container.name);
  if (!now)
    return std::optional<int>();
  return now->exit_code;
}

Result<> rename(const Engine& engine, std::string_view reference, std::string_view name) {
  TRY(check_name(name));
  Container container = TRY(find(engine, reference));
  if (container.name == name)
    return fail(Kind::usage, "the container has that name already");
  Fd lock = TRY(lock_container(engine, container.record.id));
  TRY(take_name(engine, std::string(name), container.record.id));
  return drop_names(engine, container.record.id, name);
}

namespace {

// Ends what runs of it, whatever state it and its monitor are in.
Result<> end_container(const Container& container) {
  if (container.running.pid == 0) // its record is damaged
    return end_in_cgroups(container.cgroup);
  if (Fd process = TRY(open_container_process(container.running))) {
    TRY(send_signal(process.get(), SIGKILL));
    thaw(container);
    (void)TRY(wait_for_end(process.get(), -1));
  }
  return await_monitor(container);
}

Result<> remove_everything(const Engine& engine, const Container& container, bool volumes) {
  const std::string& id = container.record.id;
  TRY(heal(engine, id));
  if (volumes)
    TRY(remove_anonymous_volumes(engine, container.record));
  TRY(drop_names(engine, id));
  TRY(remove_whole(engine.root + "/containers", id));
  recover(engine);
  return {};
}

} // namespace

namespace {

// With --force also a container whose record cannot be read: what runs of it is known to the kernel.
Result<Container> find_to_remove(const Engine& engine, std::string_view reference, bool force) {
  Result<Container> out = find(engine, reference);
  return !out && force && out.error().kind == Kind::input ? find_damaged(engine, reference) : out;
}

} // namespace

Result<std::string> remove(const Engine& engine, std::string_view reference, bool force, bool volumes) {
  Container container = TRY(find_to_remove(engine, reference, force));
  std::string id = container.record.id;
  if (container.is_running() && !force)
    return fail(Kind::state, "container " + container.name + " is " + std::string(status_name(container.status)),
                "stop it first, or remove it with `phial rm -f " + container.name + "`");
  if (force)
    TRY(end_container(container));
  Result<Fd> lock = lock_container(engine, id);
  if (!lock)
    return lock.error().kind == Kind::not_found ? Result<std::string>(id) : std::unexpected(std::move(lock).error());
  Result<Container> now = load(engine, id, container.name);
  if (!now && force && now.error().kind == Kind::input)
    now = find_damaged(engine, id);
  if (!now)
    return now.error().kind == Kind::not_found ? Result<std::string>(id) : std::unexpected(std::move(now).error());
  if (now->is_running()) {
    if (!force)
      return fail(Kind::state, "container " + now->name + " was started meanwhile");
    TRY(end_container(*now));
  }
  TRY(remove_everything(engine, *now, volumes || now->record.remove));
  return id;
}

Result<> logs(const Engine& engine, std::string_view reference, const LogOptions& options, int out, int err) {
  Container container = TRY(find(engine, reference));
  if (container.record.log_driver == "none")
    return fail(Kind::unsupported, "container " + container.name + " keeps no logs (--log-driver none)");
  LogQuery query;
  query.follow = options.follow;
  query.timestamps = options.timestamps;
  query.tail = options.tail;
  query.since = options.since;
  query.until = options.until;
  query.max_files = container.record.log_max_files;
  Fd monitor;
  if (options.follow && container.is_running())
    monitor = TRY(open_monitor(container.running));
  return read_log(places(engine, container.record.id).directory, query, monitor.get(), out, err);
}

} // namespace phial::engine
