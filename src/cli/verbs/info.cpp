// `phial info`: what Phial works with here, in short.
#include "base/file.hpp"
#include "base/text.hpp"
#include "cli/format.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"
#include "cli/version.hpp"
#include "kernel/cgroup/layout.hpp"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {kFormatOption};

constexpr Example kExamples[] = {
    {"info --format '{{.CgroupVersion}}'", "one fact"},
};

Result<Json> facts_of(const engine::Engine& engine) {
  std::size_t running = 0;
  std::size_t paused = 0;
  std::size_t containers = 0;
  for (const engine::Container& container : TRY(engine::list(engine))) {
    ++containers;
    running += container.status == engine::Status::running ? 1U : 0U;
    paused += container.status == engine::Status::paused ? 1U : 0U;
  }
  utsname kernel{};
  if (::uname(&kernel) != 0)
    return fail_call("uname", "");
  struct sysinfo machine{};
  if (::sysinfo(&machine) != 0)
    return fail_call("sysinfo", "");
  kernel::CgroupLayout layout = TRY(kernel::probe_cgroup_layout());
  Json out = Json::object();
  out.set("ServerVersion", version_text())
      .set("Containers", containers)
      .set("ContainersRunning", running)
      .set("ContainersPaused", paused)
      .set("ContainersStopped", containers - running - paused)
      .set("Images", TRY(image::list_images({engine.root})).size())
      .set("Root", engine.root)
      .set("State", engine.state)
      .set("Libexec", engine.libexec)
      .set("CgroupVersion", layout.mode == kernel::CgroupMode::v2 ? "2" : "1")
      .set("CgroupMode", kernel::cgroup_mode_name(layout.mode))
      .set("KernelVersion", kernel.release)
      .set("Architecture", kernel.machine)
      .set("NCPU", ::sysconf(_SC_NPROCESSORS_ONLN))
      .set("MemTotal", std::uint64_t{machine.totalram} * machine.mem_unit)
      .set("Name", kernel.nodename);
  return out;
}

Result<int> run(const Call& call) {
  engine::Engine engine = TRY(engine_of(call));
  Json facts = TRY(facts_of(engine));
  if (std::optional<std::string_view> format = call.arguments.last("format")) {
    print(TRY(format_one(*format, facts)));
    return 0;
  }
  facts.set("MemTotal", format_binary_size(facts.uint_or("MemTotal")));
  std::string out;
  struct Line {
    std::string_view title;
    std::string_view key;
  };
  constexpr Line kLines[] = {
      {"Version", "ServerVersion"},
      {"Containers", "Containers"},
      {"  Running", "ContainersRunning"},
      {"  Paused", "ContainersPaused"},
      {"  Stopped", "ContainersStopped"},
      {"Images", "Images"},
      {"Root", "Root"},
      {"State", "State"},
      {"Helpers", "Libexec"},
      {"Cgroups", "CgroupMode"},
      {"Kernel", "KernelVersion"},
      {"Architecture", "Architecture"},
      {"CPUs", "NCPU"},
      {"Memory", "MemTotal"},
      {"Host name", "Name"},
  };
  for (const Line& line : kLines) {
    const Json* value = facts.find(line.key);
    std::string text = value->is_string() ? *value->as_string() : to_text(*value);
    out += std::string(line.title) + ":" + std::string(15 - line.title.size(), ' ') + text + "\n";
  }
  print(out);
  return 0;
}

} // namespace

constexpr Verb kInfo = {
    .name = "info",
    .group = Group::system,
    .summary = "Print what Phial works with here",
    .most = 0,
    .options = {.own = kOptions},
    .examples = kExamples,
    .noun = "system",
    .run = run,
};

} // namespace phial::cli
