#include "oci/bundle.hpp"

#include "kernel/devices.hpp"
#include "runtime/compile.hpp"
#include "runtime/facts.hpp"
#include "spec/reader.hpp"

#include <cstdlib>
#include <memory>

namespace phial::oci {

namespace {

Result<std::string> absolute(const std::string& path) {
  std::unique_ptr<char, void (*)(void*)> resolved(::realpath(path.c_str(), nullptr), std::free);
  if (!resolved)
    return fail_call("realpath", path);
  return std::string(resolved.get());
}

// A path of config.json that is relative means: to the bundle.
Result<std::string> in_bundle(const std::string& bundle, const std::string& path) {
  return absolute(path.starts_with("/") ? path : bundle + "/" + path);
}

// "/phial-oci/ID" where config.json names none; a relative one lies below that as well.
std::string cgroup_of(const spec::Spec& spec, const std::string& id) {
  const std::string& asked = spec.platform.cgroups_path;
  if (asked.empty())
    return "/phial-oci/" + id;
  return asked.starts_with("/") ? asked : "/phial-oci/" + asked;
}

// A container always may use the devices every container has, whatever its rules say, as with runc.
void allow_default_devices(spec::Spec& spec) {
  if (!spec.platform.resources || spec.platform.resources->devices.empty())
    return;
  for (kernel::DeviceRule& rule : kernel::default_device_rules())
    if (rule.allow)
      spec.platform.resources->devices.push_back(std::move(rule));
}

} // namespace

Result<Bundle> compile_bundle(const std::string& bundle, const std::string& id) {
  Bundle out;
  std::string directory = TRY(absolute(bundle), "bundle");
  out.spec = TRY(spec::load_spec(directory));
  TRY(spec::check_startable(out.spec, "config.json"));
  for (spec::Mount& mount : out.spec.mounts)
    if (mount.type == "bind" && !mount.source.starts_with("/"))
      mount.source = directory + "/" + mount.source;
  if (out.spec.hooks != spec::Hooks{})
    return fail(Kind::unsupported,
                "config.json hooks: this version runs no hooks, and starts nothing that counts on them",
                "take the hooks out of config.json");
  allow_default_devices(out.spec);
  runtime::Request request;
  request.id = id;
  request.spec = &out.spec;
  out.root = TRY(in_bundle(directory, out.spec.root.path), "config.json root.path");
  request.root.directory = out.root;
  request.cgroup = cgroup_of(out.spec, id);
  runtime::HostFacts facts = TRY(runtime::gather_facts(request.cgroup));
  runtime::gather_sources(facts, out.spec);
  out.program = TRY(runtime::compile_run(request, facts));
  return out;
}

} // namespace phial::oci
