// docker's --change: single Dockerfile instructions applied to an image's configuration. Pure.
#include "base/text.hpp"
#include "image/config.hpp"

#include <algorithm>

namespace phial::image {

namespace {

std::unexpected<Error> refuse(std::string_view instruction, const std::string& why) {
  return fail(Kind::usage, "--change \"" + std::string(instruction) + "\": " + why,
              "understood are CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR");
}

// Words between blanks; quotes and backslashes as in a Dockerfile.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      inside = true;
    } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
      quote = quote != 0 ? '\0' : c;
      inside = true;
    } else if (quote == 0 && (c == ' ' || c == '\t')) {
      if (inside)
        out.push_back(std::move(word));
      word.clear();
      inside = false;
    } else {
      word += c;
      inside = true;
    }
  }
  if (inside)
    out.push_back(std::move(word));
  return out;
}

// ["a", "b"], where it is that.
std::optional<std::vector<std::string>> json_form(std::string_view text) {
  if (!text.starts_with('['))
    return std::nullopt;
  Result<Json> json = parse_json(text, "--change");
  if (!json || !json->is_array())
    return std::nullopt;
  std::vector<std::string> out;
  for (const Json& item : json->items()) {
    if (!item.is_string())
      return std::nullopt;
    out.push_back(*item.as_string());
  }
  return out;
}

std::vector<std::string> command_of(std::string_view text) {
  if (auto words = json_form(text))
    return *words;
  return {"/bin/sh", "-c", std::string(text)};
}

// NAME=VALUE …, or the old NAME VALUE.
Result<std::vector<std::pair<std::string, std::string>>> pairs_of(std::string_view instruction, std::string_view text) {
  std::vector<std::string> words = words_of(text);
  std::vector<std::pair<std::string, std::string>> out;
  if (!words.empty() && words[0].find('=') == std::string::npos) {
    auto [name, value] = split_once(text, ' ');
    if (!value)
      return refuse(instruction, "NAME=VALUE is missing");
    out.emplace_back(name, trim(*value));
    return out;
  }
  for (const std::string& word : words) {
    auto [name, value] = split_once(word, '=');
    if (!value || name.empty())
      return refuse(instruction, "\"" + word + "\" is not NAME=VALUE");
    out.emplace_back(name, *value);
  }
  return out;
}

void add_sorted(std::vector<std::string>& list, std::string item) {
  auto at = std::ranges::lower_bound(list, item);
  if (at == list.end() || *at != item)
    list.insert(at, std::move(item));
}

void set_env(std::vector<std::string>& env, const std::string& name, const std::string& value) {
  for (std::string& entry : env)
    if (split_once(entry, '=').first == name) {
      entry = name + "=" + value;
      return;
    }
  env.push_back(name + "=" + value);
}

void set_label(ImageConfig& config, const std::string& name, const std::string& value) {
  auto at = std::ranges::lower_bound(config.labels, name, {}, &std::pair<std::string, std::string>::first);
  if (at != config.labels.end() && at->first == name)
    at->second = value;
  else
    config.labels.emplace(at, name, value);
}

Result<> expose(ImageConfig& config, std::string_view instruction, std::string_view text) {
  for (const std::string& word : words_of(text)) {
    auto [port, protocol] = split_once(word, '/');
    std::optional<std::uint64_t> number = parse_uint(port);
    if (!number || *number == 0 || *number > 65535 ||
        (protocol && *protocol != "tcp" && *protocol != "udp" && *protocol != "sctp"))
      return refuse(instruction, "\"" + word + "\" is not a port");
    add_sorted(config.exposed_ports, std::string(port) + "/" + std::string(protocol.value_or("tcp")));
  }
  return {};
}

} // namespace

Result<> apply_change(ImageConfig& config, std::string_view instruction) {
  auto [keyword, rest] = split_once(trim(instruction), ' ');
  std::string_view text = trim(rest.value_or(""));
  std::string what = lower(keyword);
  if (text.empty())
    return refuse(instruction, "it has no argument");
  if (text.find('\0') != std::string_view::npos)
    return refuse(instruction, "it has a NUL byte");
  if (what == "cmd") {
    config.cmd = command_of(text);
  } else if (what == "entrypoint") {
    config.entrypoint = command_of(text);
  } else if (what == "env") {
    for (const auto& [name, value] : TRY(pairs_of(instruction, text)))
      set_env(config.env, name, value);
  } else if (what == "label") {
    for (const auto& [name, value] : TRY(pairs_of(instruction, text)))
      set_label(config, name, value);
  } else if (what == "expose") {
    TRY(expose(config, instruction, text));
  } else if (what == "user") {
    config.user = text;
  } else if (what == "workdir") {
    config.working_dir = text.starts_with('/') ? std::string(text) : config.working_dir + "/" + std::string(text);
  } else if (what == "volume") {
    for (std::string& path : json_form(text).value_or(words_of(text)))
      add_sorted(config.volumes, std::move(path));
  } else if (what == "stopsignal") {
    config.stop_signal = text;
  } else if (what == "onbuild") {
    config.on_build.emplace_back(text);
  } else {
    return refuse(instruction, "\"" + std::string(keyword) + "\" is not an instruction that can be changed here");
  }
  return {};
}

} // namespace phial::image
