// config.json, from its text to the linked program.
#include "targets.hpp"

#include "kernel/cgroup/layout.hpp"
#include "program/link.hpp"
#include "program/print_calls.hpp"
#include "runtime/compile.hpp"
#include "runtime/update_resources.hpp"
#include "spec/reader.hpp"
#include "spec/writer.hpp"

namespace phial::fuzz {

namespace {

runtime::HostFacts facts_of(bool unified, const spec::Spec& spec) {
  runtime::HostFacts facts;
  facts.kernel_major = 6;
  facts.kernel_minor = unified ? 18 : 1;
  facts.cgroups =
      unified
          ? kernel::parse_cgroup_layout("30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n",
                                        "0::/user.slice\n", "cpuset cpu io memory hugetlb pids\n")
                .value()
          : kernel::parse_cgroup_layout("30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                                        "31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                                        "32 24 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
                                        "33 24 0:29 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n",
                                        "4:devices:/\n3:cpuset:/\n2:cpu,cpuacct:/\n1:memory:/\n", "")
                .value();
  facts.cpuset_cpus = "0-3";
  facts.cpuset_mems = "0";
  for (const spec::Mount& mount : spec.mounts)
    facts.sources.emplace_back(mount.source, mount.source.size() % 2 == 0 ? runtime::SourceKind::directory
                                                                          : runtime::SourceKind::file);
  for (const spec::NetDevice& device : spec.platform.net_devices)
    facts.net_devices.emplace_back(device.host_name, kernel::NetDeviceState{});
  return facts;
}

// The image; which step an instruction belongs to is one of the words.
std::string linked_without_steps(program::Program program) {
  for (program::Instruction& instruction : program.code)
    instruction.step = 0;
  Result<std::string> image = program::link(program);
  return image ? *image : std::string();
}

void compile(const spec::Spec& spec, bool unified) {
  runtime::HostFacts facts = facts_of(unified, spec);
  runtime::Request request;
  request.id = "c1";
  request.spec = &spec;
  request.root.directory = "/bundle/rootfs";
  request.bundle = "/bundle";
  request.cgroup = unified ? "/phial/c1" : "";
  request.wait_for_start = true;
  request.state_directory = "/run/phial-oci/c1";
  Result<program::Program> program = runtime::compile_run(request, facts);
  if (!program)
    return;
  request.words = program::Words::no;
  Result<program::Program> wordless = runtime::compile_run(request, facts);
  require(wordless.has_value(), "a program compiles with words and not without");
  require(linked_without_steps(*program) == linked_without_steps(*wordless), "words change a program");
  static_cast<void>(program::print_calls(*program));
  Result<std::string> texts = program::link_with_texts(*program);
  require(texts.has_value() == program::link(*program).has_value(), "a program links without its texts only");
  if (texts)
    require(program::read_linked(*texts).has_value(), "what was linked cannot be read");
}

void compile_process(const spec::Process& process, const spec::Spec& spec) {
  runtime::ExecRequest request;
  request.process = &process;
  request.spec = &spec;
  request.pidfd = 7;
  request.join = 0x7e020000; // all namespaces but the user's
  Result<program::Program> program = runtime::compile_exec(request, facts_of(true, spec));
  if (program)
    static_cast<void>(program::link(*program));
}

} // namespace

void config_json(std::string_view bytes) {
  Result<spec::Spec> spec = spec::read_spec(bytes, "config.json");
  if (spec) {
    Result<spec::Spec> again = spec::read_spec(to_text(spec::to_json(*spec), 4), "again");
    require(again.has_value(), "what was written of a config.json cannot be read");
    if (again)
      require(*again == *spec, "what was written of a config.json reads otherwise");
    static_cast<void>(spec::check_startable(*spec, "config.json"));
    compile(*spec, true);
    compile(*spec, false);
    if (spec->process)
      compile_process(*spec->process, *spec);
  }
  // update's and exec's files are parts of the same document.
  if (Result<kernel::Resources> resources = spec::read_resources(bytes, "resources.json")) {
    static_cast<void>(runtime::updated({}, *resources));
    Result<kernel::Resources> again = spec::read_resources(to_text(spec::to_json(*resources)), "again");
    require(again && *again == *resources, "what was written of limits reads otherwise");
  }
  if (Result<spec::Process> process = spec::read_process(bytes, "process.json")) {
    Result<spec::Process> again = spec::read_process(to_text(spec::to_json(*process)), "again");
    require(again && *again == *process, "what was written of a process reads otherwise");
    compile_process(*process, {});
  }
}

} // namespace phial::fuzz
