//! Telephone numbers nobody has: 555-0100 to 555-0199, which are kept for fiction, in area codes of the United States.
//!
//! Each scenario has a stock of its own, and a run begins anywhere in it. So numbers come back after many runs, but
//! always in the same part of the same play: what is known about a number from earlier never changes how it goes on.

use std::ops::Range;

/// Numbers per area code.
const PER_CODE: usize = 100;
/// Area codes per stock.
const CODES: usize = 12;
/// Numbers per stock, and so the most repetitions in which no number comes back within one run.
pub const PER_STOCK: usize = PER_CODE * CODES;

/// How many stocks there are.
pub const STOCKS: usize = AREA_CODES.len() / CODES;

/// Number `n` of a stock, in E.164; after [`PER_STOCK`] they come again.
#[must_use]
pub fn number(stock: usize, n: usize) -> String {
    let n = n % PER_STOCK;
    let code = AREA_CODES[codes(stock)][n / PER_CODE];
    format!("+1{code}55501{:02}", n % PER_CODE)
}

fn codes(stock: usize) -> Range<usize> {
    let first = (stock % STOCKS) * CODES;
    first..first + CODES
}

#[rustfmt::skip]
const AREA_CODES: [u16; 324] = [
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 220, 223, 224, 225, 228,
    229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 272, 276, 279, 281, 301, 302,
    303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 326, 330, 331,
    332, 334, 336, 337, 339, 341, 346, 347, 351, 352, 360, 361, 380, 385, 386, 401, 402, 404, 405, 406, 407, 408,
    409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 430, 432, 434, 435, 440, 442, 443, 445, 447, 448, 458,
    463, 464, 469, 470, 475, 478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 509, 510, 512, 513, 515, 516,
    517, 518, 520, 530, 531, 534, 539, 540, 541, 551, 559, 561, 562, 563, 564, 567, 570, 571, 573, 574, 575, 580,
    585, 586, 601, 602, 603, 605, 606, 607, 608, 609, 610, 612, 614, 615, 616, 617, 618, 619, 620, 623, 626, 628,
    629, 630, 631, 636, 640, 641, 646, 650, 651, 656, 657, 659, 660, 661, 662, 667, 669, 678, 680, 681, 682, 689,
    701, 702, 703, 704, 706, 707, 708, 712, 713, 714, 715, 716, 717, 718, 719, 720, 724, 725, 726, 727, 730, 731,
    732, 734, 737, 740, 743, 747, 754, 757, 760, 762, 763, 765, 769, 770, 771, 772, 773, 774, 775, 779, 781, 785,
    786, 801, 802, 803, 804, 805, 806, 808, 810, 812, 813, 814, 815, 816, 817, 818, 820, 828, 830, 831, 832, 835,
    838, 839, 840, 843, 845, 847, 848, 850, 854, 856, 857, 858, 859, 860, 862, 863, 864, 865, 870, 872, 878, 901,
    903, 904, 906, 907, 908, 909, 910, 912, 913, 914, 915, 916, 917, 918, 919, 920, 925, 928, 929, 930, 931, 934,
    936, 937, 938, 940, 941, 943, 945, 947, 949, 951, 952, 954, 956, 959, 970, 971,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use seiketsu_domain::values::Phone;

    use super::{PER_STOCK, STOCKS, number};

    #[test]
    fn every_number_exists_by_the_rules_and_is_kept_for_fiction() {
        for stock in 0..STOCKS {
            for n in (0..PER_STOCK).step_by(7) {
                let number = number(stock, n);
                assert_eq!(Phone::try_new(&number).expect(&number).as_str(), number);
                assert_eq!(&number[5..10], "55501");
            }
        }
    }

    #[test]
    fn no_two_stocks_share_a_number() {
        let all = (0..STOCKS).flat_map(|stock| (0..PER_STOCK).map(move |n| number(stock, n)));
        assert_eq!(all.collect::<HashSet<_>>().len(), STOCKS * PER_STOCK);
    }
}
