// phial-oci events: figures at intervals, and the kernel's running out of memory for the container.
#include "base/clock.hpp"
#include "base/file.hpp"
#include "kernel/process.hpp"
#include "oci/values.hpp"
#include "oci/verbs.hpp"
#include "runtime/figure_source.hpp"
#include "runtime/lifecycle/container.hpp"
#include "runtime/oom_watch.hpp"

#include <poll.h>
#include <unistd.h>

namespace phial::oci {

namespace {

Result<> print_event(std::string_view type, const std::string& id, Json data) {
  Json event = Json::object().set("type", type).set("id", id);
  if (!data.is_null())
    event.set("data", std::move(data));
  return write_all(STDOUT_FILENO, to_text(event) + "\n");
}

// Until the container ends.
Result<> watch(const runtime::Container& container, const runtime::FigureSource& figures, std::int64_t interval) {
  const std::string& id = container.record.id;
  runtime::OomWatch oom = TRY(runtime::OomWatch::open(container.record.cgroups), "watch the container's memory");
  constexpr std::int64_t kMillisecond = 1'000'000;
  std::int64_t next = now() + interval;
  while (true) {
    pollfd ready[2] = {{container.process.get(), POLLIN, 0}, {oom.fd(), POLLIN, 0}};
    std::int64_t left = std::max<std::int64_t>(next - now(), 0) / kMillisecond;
    int count = ::poll(ready, 2, static_cast<int>(std::min<std::int64_t>(left + 1, 1 << 30)));
    if (count < 0 && errno != EINTR)
      return fail_call("poll", "");
    if (ready[1].revents != 0 && oom.happened())
      TRY(print_event("oom", id, {}));
    if (ready[0].revents != 0)
      return {};
    if (now() < next)
      continue;
    TRY(print_event("stats", id, runtime::figures_json(figures)));
    next = now() + interval;
  }
}

} // namespace

Result<int> events(const Call& call) {
  constexpr std::int64_t kUsual = 5 * kSecond;
  std::int64_t interval = TRY(duration_of(call.arguments, "interval")).value_or(kUsual);
  runtime::Container container = TRY(runtime::find_container(call.globals.root, call.id()));
  if (!container.is_alive())
    return fail(Kind::state, "container with id " + call.id() + " is not running");
  runtime::ContainerFigures figures(TRY(kernel::probe_cgroup_layout()), container.record.cgroup, container.record.pid);
  if (call.arguments.on("stats"))
    TRY(print_event("stats", call.id(), runtime::figures_json(figures)));
  else
    TRY(watch(container, figures, interval));
  return 0;
}

} // namespace phial::oci
