// restore: the cgroups by a program of ours, the processes by criu, the record as create writes it.
#include "base/child.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "kernel/process.hpp"
#include "program/link.hpp"
#include "runtime/facts.hpp"
#include "runtime/lifecycle/checkpoint.hpp"
#include "runtime/lifecycle/command_failure.hpp"
#include "runtime/lifecycle/make.hpp"
#include "runtime/lifecycle/state_directory.hpp"
#include "runtime/restore_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace phial::runtime {

namespace {

constexpr int kPassedNetwork = 3; // the descriptor that run_on_our_streams() passes

std::vector<std::string> read_streams(const std::string& images) {
  std::vector<std::string> out;
  std::string path = images + "/" + kDescriptorsFile;
  Result<std::string> text = read_file(path);
  Result<Json> links = text ? parse_json(*text, path) : Result<Json>(Json::array());
  if (links)
    for (const Json& link : links->items())
      if (const std::string* name = link.as_string())
        out.push_back(*name);
  return out;
}

Result<Fd> joined_network(const spec::Spec& spec) {
  const spec::Namespace* network = spec.platform.find(spec::NamespaceType::network);
  if (network == nullptr || network->path.empty())
    return Fd();
  return open_at(AT_FDCWD, network->path, O_RDONLY);
}

Result<Record> make_record(const MakeOptions& options, const Bundle& bundle, const Request& request,
                           const HostFacts& facts) {
  Record out = TRY(new_record(bundle, options));
  out.cgroup = request.cgroup;
  if (!request.cgroup.empty())
    out.cgroups = cgroup_paths(facts.cgroups, request.cgroup);
  return out;
}

// What restoring needs beside what is restored.
struct Plan {
  Bundle bundle;
  std::vector<std::string> words; // criu's
  std::string pid_file;
  std::string log;
  Fd network;
  program::Program program;
};

Result<pid_t> bring_back(const Plan& plan, char** environment) {
  int status = TRY(run_on_our_streams(plan.words, environment, plan.network.get()));
  if (status != 0) {
    Result<std::string> text = read_file(plan.log);
    std::string why = criu_complaint(text ? *text : std::string());
    return fail(Kind::system, "criu failed: " + (why.empty() ? "it ended with " + std::to_string(status) : why),
                "the whole story is in " + plan.log);
  }
  std::string text = TRY(read_file(plan.pid_file), "learn the pid from criu");
  std::optional<std::int64_t> pid = parse_int(trim(text));
  if (!pid || *pid <= 0)
    return fail(Kind::internal, "criu says the pid is \"" + text + "\"");
  return static_cast<pid_t>(*pid);
}

Result<> restore_in(Restored& out, const Plan& plan, const MakeOptions& options, const std::string& image,
                    const std::string& path, char** environment) {
  Fd journal = TRY(open_at(AT_FDCWD, path + "/journal", O_RDWR | O_CREAT | O_EXCL, 0600));
  out.run = TRY(program::load_image(image, std::move(journal)));
  if (out.run.run(program::Section::host) != 0)
    return std::unexpected(journal_failure(plan.program, out.run));
  if (!options.detach) // what criu leaves becomes our child
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  out.record.pid = TRY(bring_back(plan, environment));
  out.record.pid_known_at = kernel::ticks_after_boot();
  out.process = TRY(kernel::open_process_known_at(out.record.pid, out.record.pid_known_at));
  if (!out.process)
    return fail(Kind::state, "the container ended as soon as it was back");
  out.run.note_process(out.record.pid, out.record.pid_known_at, kernel::boot_number(out.record.boot));
  out.run.set_slot(plan.program.known.pid, static_cast<std::uint64_t>(out.record.pid));
  if (out.run.run(program::Section::started) != 0)
    return std::unexpected(journal_failure(plan.program, out.run));
  Fd terminal;
  return hand_over(options, out.record.pid, out.process, terminal);
}

} // namespace

Result<Restored> restore_container(const MakeOptions& options, const CriuOptions& criu, char** environment) {
  TRY(check_id(options.id));
  if (options.manager == CgroupManager::systemd)
    return fail(Kind::unsupported, "a container is not restored into a scope of systemd's in this version",
                "leave --systemd-cgroup out");
  if (!exists(criu.images + "/inventory.img"))
    return fail(Kind::not_found, "there is no checkpoint in " + criu.images, "--image-path names its directory");
  Plan plan;
  plan.bundle = TRY(open_bundle(options.bundle, options.config));
  const spec::Spec& spec = plan.bundle.spec;
  if (spec.process && spec.process->terminal)
    return fail(Kind::unsupported, "a container with a terminal is not restored in this version",
                "checkpoint one whose config.json has process.terminal false");
  Request request;
  request.id = options.id;
  request.spec = &spec;
  request.bundle = plan.bundle.directory;
  request.root.directory = plan.bundle.root;
  request.cgroup = cgroup_of(spec, options);
  HostFacts facts = TRY(gather_facts(request.cgroup));
  TRY(make_directories(criu.work, 0700));
  plan.network = TRY(joined_network(spec));
  std::string path = state_path(options.root, options.id);
  plan.pid_file = path + "/criu.pid";
  plan.log = criu.work + "/restore.log";
  plan.words = restore_command(with_config(criu, spec.annotations), spec,
                               {.root = plan.bundle.root,
                                .pid_file = plan.pid_file,
                                .streams = read_streams(criu.images),
                                .covered = covered_files(spec, plan.bundle.root),
                                .network = plan.network ? kPassedNetwork : -1});
  plan.program = TRY(compile_restore(request, plan.words, facts));
  Restored out;
  out.record = TRY(make_record(options, plan.bundle, request, facts));
  // What says that it runs: the last step before criu has been.
  out.record.start_index = plan.program.sections[static_cast<unsigned>(program::Section::host)].count - 1;
  std::string image = TRY(program::link_with_texts(plan.program));
  out.lock = TRY(make_state(options.root, options.id, {record_text(out.record), plan.bundle.text, image}));
  Result<> result = restore_in(out, plan, options, image, path, environment);
  if (result)
    return out;
  if (out.process)
    (void)kernel::send_signal(out.process.get(), SIGKILL);
  Error error = std::move(result).error();
  if (Result<> left = abandon(out, options.root); !left)
    return std::unexpected(also_left(std::move(error), left.error(), options.id));
  return std::unexpected(std::move(error));
}

Result<> abandon(Restored& restored, const std::string& root) {
  if (restored.run.machine().image != nullptr) {
    (void)restored.run.run(program::Section::stopped);
    TRY(restored.run.undo());
    restored.run = program::Loaded();
  }
  return forget_state(state_path(root, restored.record.id));
}

} // namespace phial::runtime
