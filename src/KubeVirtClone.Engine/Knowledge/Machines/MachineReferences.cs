namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>An object a machine names, and every clone of it too.</summary>
/// <param name="Kind"><c>Secret</c>, <c>ConfigMap</c> or <c>DataSource</c>.</param>
/// <param name="Namespace">Its namespace; null is the machine's.</param>
/// <param name="Name">Its name.</param>
/// <param name="Where">What names it, to begin a sentence with.</param>
/// <param name="Optional">The machine starts without it, too.</param>
internal sealed record ReferencedObject(string Kind, string? Namespace, string Name, string Where, bool Optional = false)
{
    /// <summary>The cloud-init volume whose network configuration it holds, or null.</summary>
    public string? NetworkDataOf { get; init; }

    /// <summary>The cloud-init volume whose user data it holds, or null.</summary>
    public string? UserDataOf { get; init; }

    /// <summary>The kind in words.</summary>
    public string Noun => Kind switch { "Secret" => "secret", "ConfigMap" => "config map", _ => Kind };
}

/// <summary>The Secrets, ConfigMaps and DataSources that a machine names.</summary>
internal static class MachineReferences
{
    /// <summary>Keys under which cloud-init volumes hold their data.</summary>
    public static readonly string[] CloudInitKinds = ["cloudInitNoCloud", "cloudInitConfigDrive"];

    /// <summary>The status of a machine that is to run, and has no guest yet: of one whose pod waits for what it mounts, too.</summary>
    public const string Starting = "Starting";

    /// <summary>What a machine's pod waits for when it does not exist; each once.</summary>
    /// <param name="machine">The machine.</param>
    public static IEnumerable<ReferencedObject> Needed(JsonObject? machine) => Of(machine).Where(r => !r.Optional).DistinctBy(r => (r.Kind, r.Name));

    /// <summary>What a machine cannot start without, and shares with its clones.</summary>
    /// <param name="machine">The machine.</param>
    public static IEnumerable<ReferencedObject> Of(JsonObject? machine)
    {
        foreach (var volume in SourceMachine.Volumes(machine))
        {
            var where = $"The volume '{SourceMachine.Text(volume["name"])}'";
            if (Of(volume["secret"], "secretName", "Secret", where) is { } secret)
                yield return secret;
            if (Of(volume["configMap"], "name", "ConfigMap", where) is { } map)
                yield return map;
            if (Of(volume["sysprep"]?["secret"], "name", "Secret", where) is { } answers)
                yield return answers;
            if (Of(volume["sysprep"]?["configMap"], "name", "ConfigMap", where) is { } answerMap)
                yield return answerMap;
            foreach (var data in CloudInitKinds.Select(k => volume[k]).OfType<JsonObject>())
            {
                if (Of(data["secretRef"], "name", "Secret", where) is { } user)
                    yield return user with { UserDataOf = SourceMachine.Text(volume["name"]) };
                if (Of(data["networkDataSecretRef"], "name", "Secret", where) is { } network)
                    yield return network with { NetworkDataOf = SourceMachine.Text(volume["name"]) };
            }
        }

        foreach (var credential in (SourceMachine.Template(machine)?["spec"]?["accessCredentials"] as JsonArray)?.OfType<JsonObject>() ?? [])
        {
            foreach (var kind in new[] { "sshPublicKey", "userPassword" })
            {
                if (Of(credential[kind]?["source"]?["secret"], "secretName", "Secret", $"accessCredentials ({kind})") is { } keys)
                    yield return keys;
            }
        }
    }

    /// <summary>The DataSources that templates of volumes are made from: the restore of such a volume looks its own up again.</summary>
    /// <param name="machine">The machine.</param>
    public static IEnumerable<(ReferencedObject Source, string Template)> DataSources(JsonObject? machine)
    {
        foreach (var template in SourceMachine.Copied(machine).Select(v => v.Template).OfType<JsonObject>())
        {
            var source = template["spec"]?["sourceRef"] as JsonObject;
            if (SourceMachine.Text(source?["name"]) is not { Length: > 0 } name || SourceMachine.Text(source!["kind"]) is not ("DataSource" or null))
                continue;
            var title = SourceMachine.Text(template["metadata"]?["name"]) ?? "";
            yield return (new ReferencedObject("DataSource", SourceMachine.Text(source["namespace"]), name, $"The template '{title}'"), title);
        }
    }

    private static ReferencedObject? Of(JsonNode? holder, string key, string kind, string where) =>
        holder is JsonObject map && SourceMachine.Text(map[key]) is { Length: > 0 } name
            ? new ReferencedObject(kind, null, name, where, SourceMachine.IsTrue(map["optional"]))
            : null;
}
