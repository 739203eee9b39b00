namespace KubeVirtClone.Sandbox.Tests.Replay;

/// <summary>Where cases are read from.</summary>
public sealed class VectorFilesTests : IDisposable
{
    private const string Case = """{"name":"a01-x","namespace":"v","before":[],"clone":{}}""";
    private readonly string _folder = Directory.CreateTempSubdirectory("kubevirtclone-vectors-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Put(string path, string text)
    {
        var file = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }

    [Fact]
    public void All_cases_of_all_folders_and_below_are_found_and_what_is_no_case_is_listed()
    {
        string[] cases =
        [
            Put("one/a01-x.json", Case),
            Put("one/below/r01-y.json", """{"name":"r01-y","namespace":"v","before":[],"posted":[]}"""),
            Put("two/a01-x.json", Case),
        ];
        Put("one/INDEX.md", "a table");
        var request = Put("one/api/patch.json", """[{"request":"GET /"}]""");
        var files = VectorFiles.In(Path.Combine(_folder, "one") + Path.PathSeparator + Path.Combine(_folder, "two") + Path.PathSeparator);
        files.Cases.ShouldBe(cases, ignoreOrder: true);
        files.Others.ShouldBe([request]);
        // Two of one name are two cases.
        VectorFiles.Named(files.Cases).Values.ShouldBe(cases, ignoreOrder: true);
        VectorFiles.Named(files.Cases).Keys.ShouldContain("r01-y");
    }

    [Fact]
    public void A_folder_may_be_named_from_the_repository() =>
        VectorFiles.In("tests/fixtures/vectors").Cases.ShouldBe(VectorFiles.In(Path.Combine(VectorCase.Repository(), "tests", "fixtures", "vectors")).Cases);

    [Fact]
    public void A_folder_that_is_missing_or_holds_no_case_and_a_file_that_cannot_be_read_are_errors()
    {
        Should.Throw<DirectoryNotFoundException>(() => VectorFiles.In(Path.Combine(_folder, "none")));
        Should.Throw<InvalidOperationException>(() => VectorFiles.In(_folder)).Message.ShouldContain("holds no case");
        Should.Throw<InvalidOperationException>(() => VectorFiles.In(Path.PathSeparator.ToString())).Message.ShouldContain("no folder");
        Put("bad.json", "{");
        Should.Throw<InvalidOperationException>(() => VectorFiles.In(_folder)).Message.ShouldContain("bad.json");
    }
}
