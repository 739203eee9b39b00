using System.Text;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace KubeVirtClone.Kubernetes.Configuration;

/// <summary>Writes new tokens into the kubeconfig they belong to, and nothing else: an issuer that gives each refresh token once would lock kubectl out.</summary>
internal static class AuthProviderWriter
{
    /// <summary>Sets fields of a user's <c>auth-provider</c>, leaving every other character of the file as it is.</summary>
    /// <exception cref="IOException">It cannot be done; the file is as it was.</exception>
    public static void Write(string file, string user, IReadOnlyDictionary<string, string> values)
    {
        var real = new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file;
        // The lock that kubectl itself takes.
        var lockFile = real + ".lock";
        try
        {
            using (new FileStream(lockFile, FileMode.CreateNew, FileAccess.Write))
            {
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new IOException(File.Exists(lockFile) ? $"'{lockFile}' says that somebody else is writing it" : "its folder cannot be written to", e);
        }

        try
        {
            Replace(real, Changed(File.ReadAllText(real), user, values));
        }
        catch (Exception e) when (e is YamlException or UnauthorizedAccessException)
        {
#pragma warning disable MA0054 // Its text may quote the file, which holds tokens.
            throw new IOException("it cannot be changed");
#pragma warning restore MA0054
        }
        finally
        {
            File.Delete(lockFile);
        }
    }

    private static string Changed(string text, string user, IReadOnlyDictionary<string, string> values)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        if (stream.Documents.Count == 0
            || User(stream.Documents[0].RootNode, user) is not { } entry
            || Child(Child(entry, "auth-provider"), "config") is not YamlMappingNode config)
            throw new IOException("the user's auth-provider is no longer in it");
        var edits = new List<(int Start, int End, string Text)>();
        foreach (var (field, value) in values)
        {
            var quoted = JsonValue.Create(value).ToJsonString();
            if (Child(config, field) is YamlScalarNode scalar)
                edits.Add((Checked(text, scalar), (int)scalar.End.Index, quoted));
            else if (Child(config, "refresh-token") is YamlScalarNode beside)
                edits.Add((AfterOf(text, beside), AfterOf(text, beside), Added(config, field, quoted)));
            else
                throw new IOException("the user's auth-provider has changed");
        }

        var result = new StringBuilder(text);
        foreach (var (start, end, inserted) in edits.OrderByDescending(edit => edit.Start))
            result.Remove(start, end - start).Insert(start, inserted);
        return result.ToString();
    }

    private static string Added(YamlMappingNode config, string field, string quoted)
    {
        if (config.Style == MappingStyle.Flow)
            return $", \"{field}\": {quoted}";
        var indent = new string(' ', (int)config.Children.Keys.First().Start.Column - 1);
        return $"\n{indent}{field}: {quoted}";
    }

    private static int AfterOf(string text, YamlScalarNode scalar)
    {
        _ = Checked(text, scalar);
        return (int)scalar.End.Index;
    }

    /// <summary>Where a value begins, once it is sure that it stands there as one plain or quoted text.</summary>
    private static int Checked(string text, YamlScalarNode scalar)
    {
        var (start, end) = ((int)scalar.Start.Index, (int)scalar.End.Index);
        var isIt = start >= 0 && end <= text.Length && start < end && scalar.Style switch
        {
            ScalarStyle.Plain => text[start..end] == scalar.Value,
            ScalarStyle.DoubleQuoted => text[start] == '"' && text[end - 1] == '"',
            ScalarStyle.SingleQuoted => text[start] == '\'' && text[end - 1] == '\'',
            _ => false,
        };
        return isIt ? start : throw new IOException("its tokens are written in a way that cannot be changed safely");
    }

    private static YamlNode? User(YamlNode root, string name)
    {
        if (Child(root, "users") is not YamlSequenceNode users)
            return null;
        var entry = users.OfType<YamlMappingNode>().FirstOrDefault(item => (Child(item, "name") as YamlScalarNode)?.Value == name);
        return Child(entry, "user");
    }

    private static YamlNode? Child(YamlNode? node, string field) =>
        node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(field), out var value) ? value : null;

    private static void Replace(string file, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = File.GetUnixFileMode(file);
        var temporary = $"{file}.{Environment.ProcessId}.new";
        try
        {
            using (var writer = new StreamWriter(temporary, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), options))
                writer.Write(text);
            File.Move(temporary, file, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
