using System.Formats.Tar;
using System.IO.Compression;

namespace KubeVirtClone.Build.Packaging;

/// <summary>Archives that depend on their content alone: names in order, one time for all, no owner of this machine.</summary>
internal static class DeterministicArchive
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Runnable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static void WriteTarGz(string path, SortedDictionary<string, byte[]> files, Func<string, bool> isProgram, DateTimeOffset moment)
    {
        using var file = File.Create(path);
        using var gzip = new GZipStream(file, CompressionLevel.Optimal);
        using var tar = new TarWriter(gzip, TarEntryFormat.Ustar);
        foreach (var (name, content) in files)
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
            {
                ModificationTime = moment,
                Mode = isProgram(name) ? Runnable : Readable,
                DataStream = new MemoryStream(content),
            });
        }
    }

    public static void WriteZip(string path, SortedDictionary<string, byte[]> files, DateTimeOffset moment)
    {
        using var file = File.Create(path);
        using var zip = new ZipArchive(file, ZipArchiveMode.Create);
        foreach (var (name, content) in files)
        {
            var entry = zip.CreateEntry(name, CompressionLevel.Optimal);
            entry.LastWriteTime = moment;
            using var stream = entry.Open();
            stream.Write(content);
        }
    }
}
