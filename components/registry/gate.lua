-- What is there under the tag that a manifest is pushed to? The answer is the variable txn.tag:
--   free   nothing
--   same   this very manifest
--   taken  another one, or this one is too large to be compared
-- It is not set where the storage doesn't say.

-- All that the storage may have, or it would answer "not found" for what it has.
local ACCEPT = table.concat({
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.v1+prettyjws",
  "application/vnd.docker.distribution.manifest.v1+json",
}, ",")

local function digest(txn)
  if txn.f:req_body_len() ~= tonumber(txn.f:req_hdr("content-length")) then
    return nil
  end
  return "sha256:" .. txn.c:lower(txn.c:hex(txn.c:sha2(txn.f:req_body(), 256)))
end

local function look_up(txn, storage)
  local answer = core.httpclient():head({
    url = "http://" .. storage .. txn.f:path(),
    headers = { accept = { ACCEPT } },
    timeout = 3000, -- milliseconds, of each of four tries
  })
  if answer.status == 404 then
    return "free"
  end
  local there = answer.status == 200 and answer.headers["docker-content-digest"]
  if there then
    return there[0] == digest(txn) and "same" or "taken"
  end
end

core.register_action("look_up_tag", { "http-req" }, function(txn, storage)
  txn:set_var("txn.tag", look_up(txn, storage))
end, 1)
