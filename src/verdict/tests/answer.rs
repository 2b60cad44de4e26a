//! The table of bodies.

use super::super::answer::{BodyMatch, match_body};
use crate::probe::tests::scene::*;
use crate::transaction::Response;
use crate::verdict::Remark;

/// A response with that body, to be changed.
fn body(text: &str, change: impl FnOnce(&mut Response)) -> BodyMatch {
    let mut response = exchange(CLIENT, SERVER, 1000).response.unwrap();
    response.head.content_length = None;
    response.body.bytes = text.into();
    change(&mut response);
    match_body(&response, BODY)
}

#[test]
fn whole_bodies() {
    let coding = |text: &str| vec![Remark::ReEncoded { coding: text.into() }];
    let gzip = |response: &mut Response| response.body.coding = Some("gzip".into());
    assert_eq!(body(BODY, |_| ()), BodyMatch::Right(vec![]));
    assert_eq!(body(BODY, |r| r.body.chunked = true), BodyMatch::Right(coding("chunked")));
    assert_eq!(body(BODY, gzip), BodyMatch::RightEncoded(coding("gzip")));
    assert_eq!(body("", |_| ()), BodyMatch::Empty);
    assert_eq!(body(" Microsoft Connect Test\r\n", |_| ()), BodyMatch::Right(vec![Remark::PaddedBody]));
    assert_eq!(body("\u{feff}Microsoft Connect Test", |_| ()), BodyMatch::Right(vec![Remark::PaddedBody]));
    let padded = vec![Remark::ReEncoded { coding: "gzip".into() }, Remark::PaddedBody];
    assert_eq!(body("Microsoft Connect Test\n", gzip), BodyMatch::RightEncoded(padded));
    assert_eq!(body("AAAAAAAA", |_| ()), BodyMatch::Overwritten);
    assert_eq!(body("AAAAAAA", |_| ()), BodyMatch::Wrong, "seven are too few to tell");
    assert_eq!(body("AAAAAAAB", |_| ()), BodyMatch::Wrong);
    assert_eq!(body("<p>Microsoft Connect Test</p>", |_| ()), BodyMatch::Embedded);
    assert_eq!(body("<p>Sign in</p>", |_| ()), BodyMatch::Wrong);
}

#[test]
fn bodies_that_are_cut_in_the_capture() {
    let cut = |text: &str, length: Option<u64>| {
        body(text, |response| {
            response.head.content_length = length;
            (response.body.whole, response.body.missing, response.body.complete) = (false, true, false);
        })
    };
    assert_eq!(cut("Microsoft", Some(22)), BodyMatch::CutButFits);
    assert_eq!(cut("Microsoft", None), BodyMatch::CutButFits);
    assert_eq!(cut(BODY, None), BodyMatch::CutButFits);
    assert_eq!(cut("", Some(22)), BodyMatch::CutButFits);
    assert_eq!(cut("", None), BodyMatch::Unknown);
    assert_eq!(cut("Microsoft", Some(40)), BodyMatch::CutAndWrong);
    assert_eq!(cut("", Some(40)), BodyMatch::CutAndWrong);
    assert_eq!(cut("<html>", None), BodyMatch::CutAndWrong);
    assert_eq!(cut("<html>", Some(22)), BodyMatch::CutAndWrong);
    assert_eq!(cut("Microsoft Connect Test and more", None), BodyMatch::Embedded);
    assert_eq!(cut("<html>Microsoft Connect Test", None), BodyMatch::Embedded);
    assert_eq!(cut("<html><body>Please sign in", None), BodyMatch::Wrong);
    let head = |text: &str| body(text, |response| (response.whole, response.body.whole) = (false, false));
    assert_eq!(head("Microsoft"), BodyMatch::CutButFits);
    assert_eq!(head("<html>"), BodyMatch::CutAndWrong);
}

#[test]
fn encoded_bodies_that_are_cut_tell_nothing() {
    let cut = |text: &str, length| {
        body(text, |response| {
            response.head.content_length = length;
            response.body.coding = Some("gzip".into());
            (response.body.whole, response.body.missing) = (false, true);
        })
    };
    assert_eq!(cut("", Some(40)), BodyMatch::Unknown);
    assert_eq!(cut("xx", None), BodyMatch::Unknown);
    assert_eq!(cut("more than twenty-two bytes of it", None), BodyMatch::Unknown);
}

#[test]
fn bodies_that_the_sender_left_unfinished() {
    let left = |text: &str, length, undecoded: bool, complete: bool| {
        body(text, |response| {
            response.head.content_length = length;
            (response.body.whole, response.body.undecoded, response.body.complete) = (false, undecoded, complete);
        })
    };
    assert_eq!(left("Microsoft", Some(22), false, false), BodyMatch::Short);
    assert_eq!(left("Microsoft", Some(40), false, false), BodyMatch::CutAndWrong);
    assert_eq!(left("<html", Some(22), false, false), BodyMatch::CutAndWrong);
    assert_eq!(left("Microsoft", None, false, true), BodyMatch::Wrong, "over, and not whole: too long to keep");
    assert_eq!(left("", None, true, false), BodyMatch::Wrong);
    assert_eq!(left("Microsoft Connect Test and more", None, true, false), BodyMatch::Wrong);
}
