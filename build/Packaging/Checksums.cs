using System.Security.Cryptography;

namespace KubeVirtClone.Build.Packaging;

/// <summary>SHA-256 of every file, as <c>sha256sum --check</c> reads it.</summary>
internal static class Checksums
{
    public static void Write(string folder)
    {
        var lines = Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(f => $"{Of(f)}  {Path.GetFileName(f)}\n").ToList();
        File.WriteAllText(Path.Combine(folder, "SHA256SUMS"), string.Concat(lines));
    }

    public static string Of(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
