#include "cli/errors.hpp"

#include "base/json.hpp"

#include <cstring>

namespace phial::cli {

namespace {

// "mkdir /sys/fs/cgroup/x: No such file or directory (ENOENT)"
std::string cause_of(const Error& error) {
  std::string out = error.call;
  if (!error.object.empty())
    out += (out.empty() ? "" : " ") + error.object;
  if (error.number == 0)
    return out;
  if (!out.empty())
    out += ": ";
  out += std::strerror(error.number);
  const char* name = ::strerrorname_np(error.number);
  if (name != nullptr && !error.call.ends_with(std::string("= ") + name)) // where the call is told with its result
    out += " (" + std::string(name) + ")";
  return out;
}

std::string sentence_of(const Error& error) {
  std::string out;
  auto add = [&out](std::string_view part) {
    if (part.empty())
      return;
    if (!out.empty())
      out += ": ";
    out += part;
  };
  for (auto it = error.doing.rbegin(); it != error.doing.rend(); ++it)
    add(*it);
  add(error.position);
  add(error.message);
  return out;
}

} // namespace

std::string person_text(std::string_view who, const Error& error) {
  std::string sentence = sentence_of(error);
  std::string cause = error.call.empty() && error.number == 0 ? std::string() : cause_of(error);
  std::string out(who);
  out += ": ";
  if (sentence.empty())
    out += cause + "\n";
  else
    out += sentence + "\n" + (cause.empty() ? std::string() : "cause: " + cause + "\n");
  if (!error.hint.empty())
    out += "hint: " + error.hint + "\n";
  return out;
}

std::string machine_text(std::string_view who, const Error& error, int status) {
  Json out = Json::object();
  out.set("level", "error").set("program", who).set("kind", kind_name(error.kind)).set("msg", error.text());
  auto add = [&out](std::string_view key, std::string_view value) {
    if (!value.empty())
      out.set(key, value);
  };
  add("message", error.message);
  add("position", error.position);
  add("call", error.call);
  add("object", error.object);
  if (error.number != 0) {
    const char* name = ::strerrorname_np(error.number);
    add("errno", name != nullptr ? name : "");
    out.set("errno_number", error.number);
  }
  if (!error.doing.empty())
    out.set("doing", Json::strings(std::vector<std::string>(error.doing.rbegin(), error.doing.rend())));
  add("hint", error.hint);
  out.set("status", status);
  return to_text(out) + "\n";
}

int exit_status(Kind kind, int otherwise) {
  switch (kind) {
  case Kind::command_missing: return 127;
  case Kind::command_invalid: return 126;
  case Kind::usage:
  case Kind::input:
  case Kind::not_found:
  case Kind::exists:
  case Kind::state:
  case Kind::permission:
  case Kind::unsupported:
  case Kind::system:
  case Kind::internal: return otherwise;
  }
  return otherwise;
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
  case Kind::usage: return "usage";
  case Kind::input: return "input";
  case Kind::not_found: return "not_found";
  case Kind::exists: return "exists";
  case Kind::state: return "state";
  case Kind::permission: return "permission";
  case Kind::unsupported: return "unsupported";
  case Kind::system: return "system";
  case Kind::command_missing: return "command_missing";
  case Kind::command_invalid: return "command_invalid";
  case Kind::internal: return "internal";
  }
  return "internal";
}

} // namespace phial::cli
