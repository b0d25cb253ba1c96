// The six lists of hooks. runtime-spec config.md "POSIX-platform Hooks", runtime.md "Lifecycle": who runs them, when,
// and what a failure means.
#include "base/json.hpp"
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

namespace phial::runtime {

namespace {

struct HookList {
  Section section;
  std::string_view name;   // in config.json
  std::string_view status; // of the container while they run
  std::string_view when;   // for the step's words
};

std::string words(const spec::Hook& hook) {
  std::string out;
  for (std::size_t i = 1; i < hook.args.size(); ++i)
    out += " " + hook.args[i];
  return hook.path + out;
}

void add_list(Compiler& c, const Request& request, const std::vector<spec::Hook>& hooks, const HookList& list) {
  bool tolerant = list.section == Section::stopped;
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    const spec::Hook& hook = hooks[i];
    std::string field = "hooks." + std::string(list.name) + "[" + std::to_string(i) + "]";
    StateText state = state_text(*request.spec, {request.id, request.bundle}, list.status);
    c.step(list.section, [&] { return StepText{"run the hook " + words(hook), c.why(field), std::string(list.when)}; });
    Data text = c.b.text(state.text);
    if (!tolerant) // a stopped container has no pid
      c.b.add(Op::store_padded, {text + state.pid, c.pid});
    std::vector<std::string> args = hook.args.empty() ? std::vector<std::string>{hook.path} : hook.args;
    c.b.add(Op::run_hook, {c.b.text(hook.path), c.b.strings(args), c.b.strings(hook.env), hook.timeout.value_or(0),
                           text, state.text.size()});
    if (!tolerant)
      continue;
    program::Label next; // what fails is told, and the rest goes on
    c.b.otherwise(next);
    c.b.place(next);
  }
}

void meet(Compiler& c, Section host, char there, char back) {
  c.step(host, [&] {
    return StepText{"wait until the init has made the container's mounts", "hooks come before pivot_root"};
  });
  c.b.add(Op::wait, {c.host_sync, there});
  c.step(Section::init,
         [&] { return StepText{"let the host run its hooks, and wait for them", "hooks come before pivot_root"}; });
  c.b.add(Op::post, {c.sync, there});
  c.b.add(Op::wait, {c.sync, back});
}

} // namespace

StateText state_text(const spec::Spec& spec, const ContainerName& name, std::string_view status) {
  Json annotations = Json::object();
  for (const auto& [key, value] : spec.annotations)
    annotations.set(key, value);
  StateText out;
  out.text = "{\"ociVersion\":" + to_text(Json(spec.oci_version)) + ",\"id\":" + to_text(Json(name.id)) +
             ",\"status\":\"" + std::string(status) + "\",\"pid\":";
  out.pid = out.text.size();
  out.text += std::string(program::kPaddedWidth - 1, ' ') + "0,\"bundle\":" + to_text(Json(name.bundle));
  if (!spec.annotations.empty())
    out.text += ",\"annotations\":" + to_text(annotations);
  out.text += "}";
  return out;
}

void add_hooks_before_root(Compiler& c, const Request& request) {
  const spec::Hooks& hooks = request.spec->hooks;
  if (!hooks.prestart.empty() || !hooks.create_runtime.empty()) {
    meet(c, Section::beside, 'h', 'g');
    std::string_view when = "it runs on the host, with the container's namespaces made and its root not yet entered";
    add_list(c, request, hooks.prestart, {Section::beside, "prestart", "creating", when});
    add_list(c, request, hooks.create_runtime, {Section::beside, "createRuntime", "creating", when});
    c.step(Section::beside, [&] { return StepText{"let the init go on", "the host's hooks have run"}; });
    c.b.add(Op::post, {c.host_sync, 'g'});
  }
  if (hooks.create_container.empty())
    return;
  c.step(Section::init, [&] { return StepText{"give hooks a common umask", "the init's own is 0"}; });
  c.b.call(SYS_umask, {0022});
  add_list(c, request, hooks.create_container,
           {Section::init, "createContainer", "creating",
            "it is a program of the host's, and runs within the container's namespaces"});
  c.step(Section::init,
         [&] { return StepText{"take the init's umask back", "modes of what is made are to be what they say"}; });
  c.b.call(SYS_umask, {0});
}

void add_hooks_before_exec(Compiler& c, const Request& request) {
  add_list(c, request, request.spec->hooks.start_container,
           {Section::start, "startContainer", "created", "it is a program of the container's"});
}

void add_hooks_around(Compiler& c, const Request& request) {
  add_list(c, request, request.spec->hooks.poststart,
           {Section::started, "poststart", "running", "a failure ends the container"});
  add_list(c, request, request.spec->hooks.poststop,
           {Section::stopped, "poststop", "stopped", "a failure is told, and the rest goes on"});
}

} // namespace phial::runtime
